"""The one rule that gives a customer a segment, as expressions and in NumPy."""
