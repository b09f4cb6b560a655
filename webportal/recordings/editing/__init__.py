"""What people change in an answer: edits in, families, classes and measures out. Nothing here knows of rows."""
