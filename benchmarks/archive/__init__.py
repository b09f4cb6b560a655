"""What archives on Ray cost, and what they survive."""
