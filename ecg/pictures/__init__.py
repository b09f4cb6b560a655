"""Pictures of electrocardiograms: what a file is, what it costs to decode, and the way to its pixels."""
