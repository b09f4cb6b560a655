"""From ECG recordings to a served model: beats, pictures, networks, honest scores, ONNX.

The only package of Beatlens that imports TensorFlow.
"""
