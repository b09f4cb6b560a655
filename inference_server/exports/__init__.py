"""What is said about a recording, as files: annotations, beats, everything as JSON, a report on paper."""
