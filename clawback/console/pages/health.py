"""Page health."""
