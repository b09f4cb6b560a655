"""The network that tells traces from grid and text on pages."""
