"""Numbers of the line in a redrawn picture: what trees look at (:mod:`training.learning.picture_trees`).

They are reckoned in TensorFlow, so that the served graph makes them of the pixels as training did.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

#: A column of the picture with less ink than this, in black pixels, has no line.
_LEAST_INK: Final = 0.05

#: How far from the main peak its surroundings are looked at, in columns, and in what steps.
_BEFORE_PEAK: Final = 30
_AFTER_PEAK: Final = 46
_STEP: Final = 2

#: Parts of the greatest deflection at which widths are counted.
_LEVELS: Final = (0.1, 0.2, 0.35, 0.5, 0.7)

#: Pictures reckoned with at once.
_BATCH: Final = 2048


def moments(ink: tf.Tensor) -> tf.Tensor:
    """Of each column's ink: how much there is, and its first two moments along the height.

    Float32 ``[N, H, W]``, white 0 and black 1, to ``[N, W, 3]``; heights go from −0.5, the top, to 0.5.
    """
    rows = tf.linspace(-0.5, 0.5, ink.shape[1])
    return tf.matmul(ink, tf.stack([tf.ones_like(rows), rows, tf.square(rows)], axis=1)[None], transpose_a=True)


def heights(inked: tf.Tensor, first: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Where the line is in each column, ``[N, W]``, on the average, ``[N, 1]``, which stands in where there is none,
    and each column's share of all ink, ``[N, W]``.

    Args:
        inked: see :func:`moments`, as ``first`` is.
        first: the first moment.
    """
    share = inked / (tf.reduce_sum(inked, axis=1, keepdims=True) + 1e-6)
    height = first / (inked + 1e-6)
    middle = tf.reduce_sum(share * height, axis=1, keepdims=True)
    return tf.where(inked > _LEAST_INK, height, middle), middle, share


def line_numbers(pixels: tf.Tensor) -> tf.Tensor:
    """``uint8 [N, H, W, 1]``, W even, to float32 ``[N, numbers]``: the course of the line, pair of columns by pair, and
    around its main peak; how wide it is at several levels; its extremes.
    """
    ink = 1.0 - tf.cast(pixels[..., 0], tf.float32) / 255.0
    inked, first, second = tf.unstack(moments(ink), axis=2)
    height, _, _ = heights(inked, first)
    # A steep stroke is one column's ink: its extent is told by how far the ink lies around its middle.
    extent = tf.sqrt(tf.nn.relu(second / (inked + 1e-6) - tf.square(height)) + 1e-9)
    columns = int(pixels.shape[2])
    baseline = tf.math.top_k(height, columns // 2).values[:, -1:]
    above = baseline - height
    away = tf.abs(above) + extent
    greatest = tf.reduce_max(away, axis=1, keepdims=True) + 1e-3
    peak = tf.argmax(away, axis=1, output_type=tf.int32)[:, None]
    course = tf.stack([above, extent, inked], axis=2)
    pairs = tf.reduce_mean(tf.reshape(course, (-1, columns // 2, 2, 3)), axis=2)
    slopes = pairs[:, 1:, 0] - pairs[:, :-1, 0]
    widths = tf.reduce_sum(tf.cast((away / greatest)[:, :, None] > tf.constant(_LEVELS), tf.float32), axis=1)
    return tf.concat(
        [
            tf.reshape(pairs, (-1, columns // 2 * 3)),
            slopes,
            _around(course[:, :, :2], peak),
            widths,
            tf.cast(peak, tf.float32),
            baseline,
            greatest,
            tf.reduce_max(above, axis=1, keepdims=True),
            tf.reduce_min(above, axis=1, keepdims=True),
            tf.reduce_mean(tf.abs(slopes), axis=1, keepdims=True),
        ],
        axis=1,
    )


def _around(course: tf.Tensor, peak: tf.Tensor) -> tf.Tensor:
    """Every second column around the peak, ``[N, W, K]`` and ``[N, 1]`` to ``[N, columns × K]``; 0 beyond the paper."""
    padded = tf.pad(course, [[0, 0], [_BEFORE_PEAK, _AFTER_PEAK], [0, 0]])
    places = peak + np.arange(0, _BEFORE_PEAK + _AFTER_PEAK, _STEP, dtype=np.int32)[None]
    kinds = course.shape[2]
    return tf.reshape(tf.gather(padded, places, batch_dims=1), (-1, places.shape[1] * kinds))


_line_numbers = tf.function(line_numbers)


def of_pictures(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """:func:`line_numbers` of any number of pictures."""
    parts = [pixels[start : start + _BATCH] for start in range(0, len(pixels), _BATCH)]
    return np.concatenate([_line_numbers(tf.constant(part)).numpy() for part in parts])
