"""What keeps the rows and the disk in order while nobody looks."""
