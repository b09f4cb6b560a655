"""A page turned so that its words are upright."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from ecg.pictures.documents.drawing import Drawing, Points, Printed, Stroke


@dataclass(frozen=True, slots=True)
class Turned:
    """Lines and words of a page as who reads its words sees them."""

    quarters: int
    """Quarter turns, counter-clockwise, by which the page shows its words turned."""
    sizes: tuple[tuple[int, int], ...]
    """Width and height before each turn back, pixels."""
    strokes: tuple[Stroke, ...]
    words: tuple[Printed, ...]

    @classmethod
    def of(cls, drawing: Drawing) -> Self:
        """The page, turned back by its quarter turns."""
        sizes = tuple(drawing.size if turn % 2 == 0 else drawing.size[::-1] for turn in range(drawing.quarters))
        return cls(
            drawing.quarters,
            sizes,
            tuple(Stroke(_upright(stroke.points, sizes), stroke.pen) for stroke in drawing.strokes),
            tuple(Printed(word.text, _box(_upright(_corners(word.box), sizes))) for word in drawing.words),
        )

    def to_page(self, points: Points) -> Points:
        """Places on the upright page, ``[n, 2]``, as places on the page as it is drawn."""
        for _, height in reversed(self.sizes):
            points = np.stack([points[:, 1], height - points[:, 0]], axis=1)
        return points


def _upright(points: Points, sizes: tuple[tuple[int, int], ...]) -> Points:
    for _, height in sizes:
        points = np.stack([height - points[:, 1], points[:, 0]], axis=1)
    return points


def _corners(box: tuple[float, float, float, float]) -> Points:
    return np.array([box[:2], box[2:]], np.float64)


def _box(corners: Points) -> tuple[float, float, float, float]:
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return float(left), float(top), float(right), float(bottom)
