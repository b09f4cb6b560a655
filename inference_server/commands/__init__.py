"""The command line: serving, classifying pictures, the versions of the model, and the tokens of callers."""
