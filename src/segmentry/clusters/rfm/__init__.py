"""RFM grids: scores of recency, frequency and spend, and the named segment of each of their combinations."""
