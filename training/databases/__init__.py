"""The databases that training learns from: one module each, which reads recordings, says who is who and what is known.

No recording is part of the project: each database's folder is named by a setting. ``README.md`` beside this file lists
them; ``python -m training.databases page --write`` makes it.
"""
