"""What the program that an imported network was trained in did with a picture."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image

from ecg.beats import WINDOW_AFTER, WINDOW_BEFORE
from ecg.pictures.decoding import ImageError
from ecg.pictures.files import walk
from ecg.pictures.rendering import draw
from inference_server.models.model_input import ModelInput
from inference_server.models.pixels_as_sent import Colour, Resample
from training.export.importing.options import ImportRefused, Preprocessing

#: Drawn pictures on which the programs are compared.
DRAWN_PICTURES: Final = 200

#: The most pictures of one's own that are; taken evenly from all of them.
MOST_PICTURES: Final = 1_000


def prepared(pixels: tf.Tensor, preprocessing: Preprocessing, height: int, width: int, channels: int) -> tf.Tensor:
    """The network's own input, ``float32 [N, height, width, channels]``, from what is served to the graph."""
    factor, offset = preprocessing.numbers(channels)
    values = tf.cast(pixels, tf.float32)
    if preprocessing.resample is None:
        values = 255.0 - (255.0 - values) * np.float32((255 - preprocessing.ink) / 255)
        if tuple(pixels.shape[1:3]) != (height, width):
            values = tf.image.resize(values, (height, width))
        values = tf.repeat(values, channels, axis=3)
    values = values * factor
    return values + offset if offset.any() else values


def own_steps(data: bytes, preprocessing: Preprocessing, height: int, width: int, channels: int) -> NDArray[np.float32]:
    """The network's input of an encoded picture as the old program made it, by none of the server's code.

    Pillow decodes, converts and resizes; where canonical pixels are served, by the nearest pixel, which was the
    default of ``keras.utils.load_img``.
    """
    colour = preprocessing.colour_of(channels)
    image: Image.Image = Image.open(io.BytesIO(data))
    mode = "L" if colour is Colour.GREY else "RGB"
    image = image if image.mode == mode else image.convert(mode)
    resample = preprocessing.resample or Resample.NEAREST
    if resample is Resample.LINEAR:
        values = tf.image.resize(np.asarray(image).reshape(image.height, image.width, -1), (height, width)).numpy()
    else:
        resized = image.resize((width, height), Image.Resampling[resample.name])
        values = np.asarray(resized, dtype=np.float32).reshape(height, width, channels)
    factor, offset = preprocessing.numbers(channels)
    return (values[..., ::-1] if colour is Colour.BGR else values) * factor + offset


def drawn_pictures() -> list[bytes]:
    """Encoded pictures of random walks, smoothed like beats and drawn as the old ones; the same for every import."""
    generator = np.random.default_rng(0)
    walks = generator.normal(0, 0.08, size=(DRAWN_PICTURES, WINDOW_BEFORE + WINDOW_AFTER)).cumsum(axis=1)
    walks = (walks - walks.mean(axis=1, keepdims=True)).astype(np.float32)
    pictures = []
    for picture in draw(walks):
        out = io.BytesIO()
        Image.fromarray(picture).save(out, "PNG")
        pictures.append(out.getvalue())
    return pictures


def pictures_in(folder: Path, takes: ModelInput) -> list[bytes]:
    """The pictures of a folder that the server can read, evenly chosen where there are more than are compared.

    Raises:
        ImportRefused: there are none.
    """
    paths = [item for item in walk(folder) if isinstance(item, Path)]
    pictures = []
    for path in paths[:: max(1, -(-len(paths) // MOST_PICTURES))]:
        data = path.read_bytes()
        try:
            takes.view(data)
        except ImageError:
            continue
        pictures.append(data)
    if not pictures:
        raise ImportRefused(f"{folder} has no pictures that can be read.")
    return pictures
