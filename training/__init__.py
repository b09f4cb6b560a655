"""From ECG recordings to a served model: beats, pictures, networks, honest scores, ONNX.

The only package of Beatlens that imports TensorFlow.
"""

from __future__ import annotations


class TrainingError(Exception):
    """What was asked can't be done, for a reason that the message tells; the commands print it and end with 1."""
