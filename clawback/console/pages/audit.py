"""Page audit."""
