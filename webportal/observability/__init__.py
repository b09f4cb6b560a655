"""What the portal counts and says about itself, for machines."""
