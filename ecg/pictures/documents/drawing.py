"""What is drawn on a page of a document: lines and words, without its pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


class Stroke(NamedTuple):
    """A line of straight pieces."""

    points: Points
    """``[n, 2]``, x and y in pixels of the drawn page, from its left and top edge."""
    pen: int
    """Equal for lines of the same colour and width."""


class Printed(NamedTuple):
    """Letters without a space between them."""

    text: str
    box: tuple[float, float, float, float]
    """Left, top, right and lower edge, pixels of the drawn page."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A page's lines and words."""

    size: tuple[int, int]
    """Width and height of the page as it is drawn, pixels."""
    pixels_per_mm: float
    """On paper, if it is printed in its own size."""
    quarters: int
    """By how many quarter turns, counter-clockwise, its words are turned."""
    strokes: tuple[Stroke, ...]
    """In the order in which they are drawn."""
    words: tuple[Printed, ...]

    def near_page(self) -> Drawing:
        """Without what reaches farther beyond an edge than the page is wide or high, where nobody sees it."""
        strokes = tuple(stroke for stroke in self.strokes if self._is_near(stroke.points))
        words = tuple(word for word in self.words if self._is_near(np.array([word.box[:2], word.box[2:]])))
        return replace(self, strokes=strokes, words=words)

    def _is_near(self, points: Points) -> bool:
        size = np.array(self.size)
        return bool(((points >= -size) & (points <= 2 * size)).all())

    def to_plain(self) -> dict[str, Any]:
        """As plain data, to leave a confined process."""
        points = [stroke.points for stroke in self.strokes]
        return {
            "size": self.size,
            "pixels_per_mm": self.pixels_per_mm,
            "quarters": self.quarters,
            "points": np.concatenate([np.empty((0, 2)), *points]).astype("<f8").tobytes(),
            "lengths": [len(part) for part in points],
            "pens": [stroke.pen for stroke in self.strokes],
            "words": [tuple(word) for word in self.words],
        }

    @classmethod
    def of_plain(cls, plain: dict[str, Any]) -> Self:
        """What :meth:`to_plain` made."""
        points = np.frombuffer(plain["points"], "<f8").reshape(-1, 2)
        parts = np.split(points, np.cumsum(plain["lengths"])[:-1]) if plain["lengths"] else []
        return cls(
            size=plain["size"],
            pixels_per_mm=plain["pixels_per_mm"],
            quarters=plain["quarters"],
            strokes=tuple(Stroke(part, pen) for part, pen in zip(parts, plain["pens"], strict=True)),
            words=tuple(Printed(text, box) for text, box in plain["words"]),
        )
