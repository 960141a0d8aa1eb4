"""Page hunting."""
