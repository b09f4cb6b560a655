"""What is measured: programs of this project started for it, and databases to run them on."""
