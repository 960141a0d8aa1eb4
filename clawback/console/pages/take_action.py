"""Page take_action."""
