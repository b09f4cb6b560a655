"""Numbers of the line in a redrawn picture: what trees look at (:mod:`training.learning.picture_trees`).

They are reckoned in TensorFlow, so that the served graph makes them of the pixels as training did. A number on the
other side of a bound is another leaf, so every runtime must come to the same ones to the last bit: sums are of whole
numbers that float32 holds exactly, in whatever order they are added, and what follows are single operations that IEEE
754 rounds in one way. Trees need no roots: what grows with a number divides beats as it does.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

#: A column with less ink than this, in levels of grey, has no line: a twentieth of a black pixel.
_LEAST_INK: Final = 13.0

#: How far from the main peak its surroundings are looked at, in columns, and in what steps.
_BEFORE_PEAK: Final = 30
_AFTER_PEAK: Final = 46
_STEP: Final = 2

#: Parts of the greatest deflection at which widths are counted.
_LEVELS: Final = (0.1, 0.2, 0.35, 0.5, 0.7)

_EXTREMES: Final = (tf.reduce_max, tf.reduce_min)

#: Pictures reckoned with at once.
_BATCH: Final = 2048


def line_numbers(pixels: tf.Tensor) -> tf.Tensor:
    """``uint8 [N, H, W, 1]``, H at most 64 and W even, to float32 ``[N, numbers]``: the course of the line, pair of
    columns by pair, and around its main peak; how wide it is at several levels; its extremes. Lengths are pixels.
    """
    columns = int(pixels.shape[2])
    inked, first, second = tf.unstack(_moments(pixels), axis=2)
    height = tf.where(inked >= _LEAST_INK, first / tf.maximum(inked, 1.0), 0.0)
    baseline = tf.math.top_k(height, columns // 2).values[:, -1:]  # the upper median
    # A steep stroke is one column's ink: its extent is told by how far the ink lies around its middle.
    extent = tf.nn.relu(second / tf.maximum(inked, 1.0) - height * height)
    above = height - baseline
    away = above * above + extent
    greatest = tf.reduce_max(away, axis=1, keepdims=True)
    peak = tf.argmax(away, axis=1, output_type=tf.int32)[:, None]
    course = tf.stack([above, extent, inked], axis=2)
    pairs = tf.reduce_mean(tf.reshape(course, (-1, columns // 2, 2, 3)), axis=2)
    slopes = pairs[:, 1:, 0] - pairs[:, :-1, 0]
    bounds = greatest * tf.constant(np.square(_LEVELS, dtype=np.float32))
    widths = tf.reduce_sum(tf.cast(away[:, :, None] > bounds[:, None], tf.float32), axis=1)
    return tf.concat(
        [
            tf.reshape(pairs, (-1, columns // 2 * 3)),
            slopes,
            _around(course[:, :, :2], peak),
            widths,
            tf.cast(peak, tf.float32),
            baseline,
            greatest,
            *(
                pick(values, axis=1, keepdims=True)
                for values in (above, slopes)
                for pick in (tf.reduce_max, tf.reduce_min)
            ),
        ],
        axis=1,
    )


def _moments(pixels: tf.Tensor) -> tf.Tensor:
    """Of each column's ink, in levels of grey: how much there is, and its first two moments along the height.

    ``uint8 [N, H, W, 1]`` to ``[N, W, 3]``, whole numbers; heights are counted upwards from the middle.
    """
    ink = 255.0 - tf.cast(pixels[..., 0], tf.float32)
    rows = int(pixels.shape[1])
    up = np.arange(rows // 2, rows // 2 - rows, -1, dtype=np.float32)
    return tf.matmul(ink, tf.constant(np.stack([np.ones_like(up), up, up * up], axis=1)[None]), transpose_a=True)


def _around(course: tf.Tensor, peak: tf.Tensor) -> tf.Tensor:
    """Every second column around the peak, ``[N, W, K]`` and ``[N, 1]`` to ``[N, columns × K]``; 0 beyond the paper."""
    padded = tf.pad(course, [[0, 0], [_BEFORE_PEAK, _AFTER_PEAK], [0, 0]])
    places = peak + np.arange(0, _BEFORE_PEAK + _AFTER_PEAK, _STEP, dtype=np.int32)[None]
    return tf.reshape(tf.gather(padded, places, batch_dims=1), (-1, places.shape[1] * course.shape[2]))


_line_numbers = tf.function(line_numbers)


def of_pictures(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """:func:`line_numbers` of any number of pictures."""
    parts = [pixels[start : start + _BATCH] for start in range(0, len(pixels), _BATCH)]
    return np.concatenate([_line_numbers(tf.constant(part)).numpy() for part in parts])
