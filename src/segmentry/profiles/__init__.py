"""What each segment is like, and what to call it."""
