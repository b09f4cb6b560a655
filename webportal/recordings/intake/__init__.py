"""The way in: what becomes of the files of recordings that people send."""
