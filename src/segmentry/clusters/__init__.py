"""K-means and the other methods behind one small protocol: rows on the grid in, groups out."""
