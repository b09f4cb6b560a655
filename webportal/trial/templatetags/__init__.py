"""Template tags of trying without an account."""
