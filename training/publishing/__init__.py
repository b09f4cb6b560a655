"""Where exported models go: to machines of others."""
