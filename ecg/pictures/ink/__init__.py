"""The way from a picture to a beat by its ink: what is paper, what is line, where the beat lies, how it is redrawn."""
