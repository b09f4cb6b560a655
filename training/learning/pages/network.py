"""A small U-Net (Ronneberger et al. 2015, arXiv 1505.04597) that says of every pixel what it shows.

It works on half the picture's resolution and finer details come back by its last layer, so that a page of six
megapixels takes about 20 billion multiplications. Ways across are added, not joined: that saves a third of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import keras
from keras import layers

from training.pages.truth import PIXEL_CLASSES

#: Sides of pictures are multiples of this.
STEP: Final = 32


def build(widths: Sequence[int]) -> keras.Model:
    """``uint8 [n, h, w, 3]``, h and w multiples of :data:`STEP`, to logits ``float32 [n, h, w, classes]``.

    Args:
        widths: Channels at a half, a quarter, … of the resolution; at most five.
    """
    pixels = keras.Input((None, None, 3), dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 127.5, offset=-1)(pixels)
    x = _normed(layers.Conv2D(widths[0], 4, strides=2, padding="same", use_bias=False)(x))
    across = []
    for width in widths[1:]:
        across.append(x)
        x = _normed(layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False)(x))
        x = layers.Add()([x, _normed(layers.Conv2D(width, 3, padding="same", use_bias=False)(x))])
    for width, finer in zip(reversed(widths[:-1]), reversed(across), strict=True):
        x = layers.UpSampling2D(2)(layers.Conv2D(width, 1, use_bias=False)(x))
        x = _normed(layers.Conv2D(width, 3, padding="same", use_bias=False)(layers.Add()([x, finer])))
    logits = layers.Conv2DTranspose(len(PIXEL_CLASSES), 4, strides=2, padding="same", name="logits")(x)
    return keras.Model(pixels, logits, name="page")


def _normed(x: keras.KerasTensor) -> keras.KerasTensor:
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))
