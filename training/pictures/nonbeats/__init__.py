"""Pictures that are not one beat, drawn by rule in two groups of kinds: for fitting, and for testing only.

No kind of the one group is in the other, so that a score says how a model takes what it was never fitted on.
"""
