"""What is stated of a page, between the domain's words and the wire's."""

from __future__ import annotations

from typing import Final

from ecg.pictures.pages.corrections import Corrections, CorrectionsError
from inference_server.generated.ecg.v1 import digitization_pb2 as pb

_OPTIONAL: Final = (
    "degrees",
    "mm_per_second",
    "mm_per_mv",
    "pixels_per_mm",
    "pixels_per_second",
    "pixels_per_mv",
    "cabrera",
)


def to_corrections(stated: Corrections) -> pb.PageCorrections:
    """As it goes over the wire.

    Raises:
        CorrectionsError: it can't be so.
    """
    stated.check()
    region = stated.region
    return pb.PageCorrections(
        corners=[pb.PixelPoint(x=x, y=y) for x, y in stated.corners or ()],
        region=None if region is None else pb.PixelRegion(**dict(zip(_EDGES, region, strict=True))),
        layout=stated.layout,
        names=[pb.StatedName(row=row, column=column, name=name) for row, column, name in stated.names],
        **{field: value for field in _OPTIONAL if (value := getattr(stated, field)) is not None},
    )


_EDGES: Final = ("left", "top", "right", "bottom")


def from_corrections(message: pb.PageCorrections) -> Corrections:
    """What :func:`to_corrections` made, or anybody else.

    Raises:
        CorrectionsError: it can't be so.
    """
    if len(message.corners) not in (0, 4):
        raise CorrectionsError("corners", "Corners are four places, or none.")
    corners = [(at.x, at.y) for at in message.corners]
    region = message.region
    stated = Corrections(
        corners=(corners[0], corners[1], corners[2], corners[3]) if corners else None,
        region=(region.left, region.top, region.right, region.bottom) if message.HasField("region") else None,
        layout=message.layout,
        names=tuple((at.row, at.column, at.name) for at in message.names),
        **{field: getattr(message, field) for field in _OPTIONAL if message.HasField(field)},
    )
    stated.check()
    return stated
