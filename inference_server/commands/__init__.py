"""The command line: serving, classifying pictures, analyzing recordings, versions of models, tokens of callers."""
