"""Databases before any engine sees them: what an address means, what may be shown of it, how names are quoted."""
