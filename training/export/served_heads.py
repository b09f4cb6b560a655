"""The graph that is served: the trained trunk, and everything that is fitted after training."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy.special import softmax

from training.learning import calibration
from training.learning.line_numbers import line_numbers
from training.learning.picture_trees import PART, PictureTrees, joined

#: OOD score of a picture without ink: beyond every limit.
BLANK_OOD_SCORE = np.float32(1e9)

#: A column of the picture with less ink than this, in black pixels, has no line.
_LEAST_INK = 0.05


class ServedHeads(keras.Model):  # type: ignore[misc]
    """The trained trunk with everything that is fitted after training, as one graph; trees beside it aren't part of it
    (:mod:`training.export.tree_node`), but what they look at is.
    """

    def __init__(
        self,
        trunk: keras.Model,
        scaling: calibration.Scaling,
        space: calibration.FeatureSpace,
        logits: keras.layers.Dense,
        trees: PictureTrees | None = None,
    ) -> None:
        super().__init__(name="served")
        self.trunk = trunk
        self.trees = trees
        # NumPy arrays, so that they become constants of whatever graph traces the call.
        self.whitening = space.whitening
        self.means = space.means
        self.temperature = np.float32(scaling.temperature)
        kernel, bias = logits.kernel.numpy(), logits.bias.numpy()
        if trees is not None:
            kernel, bias = (1 - PART) * kernel, joined(bias, trees.base)
        self.kernel = kernel / self.temperature
        self.bias = bias / self.temperature + np.array(scaling.bias, np.float32)

    def call(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """``uint8 [N, H, W, 1]`` to ``probabilities`` [N, C], ``distance`` [N], ``activation_maps`` [N, h, w, C]; with
        trees, instead of the first, to their ``numbers`` [N, K] and the ``logits`` [N, C] but for what leaves add.
        """
        features, maps = self.trunk(pixels, training=False)
        logits = tf.matmul(features, self.kernel) + self.bias
        whitened = tf.matmul(description(features, pixels), self.whitening)
        gaps = tf.expand_dims(whitened, 1) - self.means[None]
        distance = tf.sqrt(tf.reduce_min(tf.reduce_sum(gaps * gaps, axis=2), axis=1))
        blank = tf.equal(tf.reduce_min(tf.cast(pixels, tf.float32), axis=[1, 2, 3]), 255.0)
        if self.trees is None:
            answer = {"probabilities": tf.nn.softmax(logits)}
        else:
            answer = {"logits": logits, "numbers": line_numbers(pixels)}
        return answer | {
            # Paper without ink has features like any other picture, but there is nothing to classify.
            "distance": tf.where(blank, BLANK_OOD_SCORE, distance),
            # The features are the maps' average, so the same weights say where a class found its evidence (Zhou 2016).
            "activation_maps": tf.tensordot(maps, self.kernel, axes=1),
        }

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the network, and trees beside it, say of pictures ``[N, H, W, 1]``: ``[N, C]``."""
        outputs = self(tf.constant(pixels))
        if self.trees is None:
            return np.asarray(outputs["probabilities"])
        added = self.trees.added(outputs["numbers"].numpy()) * np.float32(PART / self.temperature)
        return np.asarray(softmax(outputs["logits"].numpy() + added, axis=1))


def description(features: tf.Tensor, pixels: tf.Tensor) -> tf.Tensor:
    """What the OOD score is measured on: roots of the features ``[N, F]``, and the statistics of the ink.

    Features are averages of rectified maps: never negative, and most beats have little of most. Their roots are spread
    more evenly (power normalisation, Perronnin et al. 2010), as a distance in standard deviations takes for granted.
    """
    return tf.concat([tf.sqrt(tf.nn.relu(features)), ink_statistics(pixels)], axis=1)


def ink_statistics(pixels: tf.Tensor) -> tf.Tensor:
    """How the ink lies on the paper: one line is thin, every column has a little of it, and most of it is baseline.

    ``uint8 [N, H, W, C]`` to float32 ``[N, 10]``, fractions of the first channel: mean ink, mean change from column to
    column and from row to row, mean of the squared ink, spread and maximum over the columns' mean ink; and of the line,
    which in each column is where the ink is on the average: how far it is from the ink that it stands for (several
    lines are far from their mean), the standard deviation of its height, how much of that is in rare deflections
    (logarithm of the kurtosis: low for waves), and its mean step from column to column.
    """
    ink = 1.0 - tf.cast(pixels[..., 0], tf.float32) / 255.0
    return tf.concat([_blackness(ink), _course(ink)], axis=1)


def _blackness(ink: tf.Tensor) -> tf.Tensor:
    columns = tf.reduce_mean(ink, axis=1)
    mean = tf.reduce_mean(columns, axis=1)
    spread = tf.sqrt(tf.reduce_mean(tf.square(columns - mean[:, None]), axis=1) + 1e-12)
    across = tf.reduce_mean(tf.abs(ink[:, :, 1:] - ink[:, :, :-1]), axis=[1, 2])
    down = tf.reduce_mean(tf.abs(ink[:, 1:, :] - ink[:, :-1, :]), axis=[1, 2])
    squares = tf.reduce_mean(tf.square(ink), axis=[1, 2])
    return tf.stack([mean, across, down, squares, spread, tf.reduce_max(columns, axis=1)], axis=1)


def _course(ink: tf.Tensor) -> tf.Tensor:
    rows = tf.linspace(-0.5, 0.5, ink.shape[1])
    # Of each column's ink: how much there is, and its first two moments along the height. [N, W, 3]
    moments = tf.matmul(ink, tf.stack([tf.ones_like(rows), rows, tf.square(rows)], axis=1)[None], transpose_a=True)
    inked, first, second = moments[..., 0], moments[..., 1], moments[..., 2]
    share = inked / (tf.reduce_sum(inked, axis=1, keepdims=True) + 1e-6)
    height = first / (inked + 1e-6)
    middle = tf.reduce_sum(share * height, axis=1, keepdims=True)
    height = tf.where(inked > _LEAST_INK, height, middle)
    within = tf.nn.relu(second - 2.0 * height * first + tf.square(height) * inked) / (inked + 1e-6)
    away = tf.square(height - middle)
    variance = tf.reduce_sum(share * away, axis=1)
    fourth = tf.reduce_sum(share * tf.square(away), axis=1)
    return tf.stack(
        [
            tf.reduce_mean(tf.sqrt(within + 1e-12), axis=1),
            tf.sqrt(variance + 1e-12),
            tf.math.log(fourth / (tf.square(variance) + 1e-7) + 0.5),
            tf.reduce_mean(tf.abs(height[:, 1:] - height[:, :-1]), axis=1),
        ],
        axis=1,
    )
