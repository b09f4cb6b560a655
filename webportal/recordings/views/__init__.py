"""Pages and windows of recordings."""
