"""Page investigations."""
