"""Text files before any engine sees them: encoding, separator, and where each row begins and ends."""
