"""Networks that were trained elsewhere, on their way to the inference server.

``options`` is what people say about the old program, ``old_program`` does what it did, ``conversion`` makes an ONNX
graph and holds it against the network, ``process`` does both in a process of its own, ``importer`` writes the model
version.
"""
