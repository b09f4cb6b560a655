"""What is found in whole recordings, measured on public databases, and how long it takes."""
