"""Other people's model servers with our decoder and our model, each in a virtual environment of its own."""
