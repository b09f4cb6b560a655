"""R peaks of any recording, streamed: each lead's evidence, weighed by how readable the lead is, decides together."""
