"""The portal: how fast it is, and what it has to survive."""
