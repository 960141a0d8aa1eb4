"""Page explorer."""
