"""Page email."""
