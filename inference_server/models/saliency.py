"""From a class activation map to evidence over the picture that the caller sent."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ecg.pictures.canonical import Placement, placement
from ecg.pictures.ink.extent import Extent

#: The overlay's longer side, pixels: sharp enough for any screen, since the map itself is far coarser.
MAX_SIDE: Final = 1024
#: Rows and columns of the evidence at most, where the picture is larger than what the model sees of it.
_MOST_CELLS: Final = 512


@dataclass(frozen=True, slots=True)
class Saliency:
    """Where in a picture the evidence for a class lies; covers exactly that picture, upright."""

    values: NDArray[np.float32]
    """Evidence ``[rows, columns]``, 0 (none) to 1 (the strongest here); all 0 where there is none."""
    size: tuple[int, int]
    """Width and height of the picture, pixels."""

    def png(self) -> bytes:
        """The map as an 8-bit grey PNG in the picture's proportions; 255 is the strongest evidence."""
        scale = min(1.0, MAX_SIDE / max(self.size))
        size = (max(1, round(self.size[0] * scale)), max(1, round(self.size[1] * scale)))
        overlay = Image.fromarray(self.values).resize(size, Image.Resampling.BILINEAR)
        grey = np.clip(np.asarray(overlay) * 255 + 0.5, 0, 255).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(grey).save(file, "PNG")
        return file.getvalue()


def over_picture(
    activation: NDArray[np.float32],
    size: tuple[int, int],
    *,
    height: int,
    width: int,
    place: Placement | Extent | None = None,
) -> Saliency:
    """Lay a class activation map over the picture.

    Args:
        activation: ``float32`` ``[h, w]`` over the model's whole view; evidence against the class is negative.
        size: the picture's width and height, pixels.
        height: height of the model's view, pixels.
        width: width of the model's view, pixels.
        place: where the picture lies in the model's view; by default as canonical pixels are laid out.
    """
    evidence = Image.fromarray(np.maximum(activation, 0).astype(np.float32))
    view = np.asarray(evidence.resize((width, height), Image.Resampling.BILINEAR))
    place = place or placement(size, height=height, width=width)
    values = _seen(view, place) if isinstance(place, Extent) else view[place.rows, place.columns]
    strongest = float(values.max())
    scaled = values / strongest if strongest > 0 else np.zeros_like(values)
    return Saliency(values=scaled.astype(np.float32), size=size)


def _seen(view: NDArray[np.float32], place: Extent) -> NDArray[np.float32]:
    """The part of the view that a picture covers, 0 where it goes on beyond: about one value a pixel of the view."""
    width, height = place.right - place.left, place.bottom - place.top
    columns, rows = (min(_MOST_CELLS, max(1, round(side))) for side in (width, height))
    onto_view = (width / columns, 0, place.left, 0, height / rows, place.top)
    picture = Image.fromarray(view).transform(
        (columns, rows), Image.Transform.AFFINE, onto_view, Image.Resampling.BILINEAR
    )
    return np.asarray(picture, dtype=np.float32)
