"""The network that reads beats of whole recordings: what it is, what it sees in training, and how it is fitted."""
