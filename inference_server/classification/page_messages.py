"""What is read of strips and pages, between the domain's words and the wire's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.pages.result import (
    MESSAGES,
    Basis,
    Calibration,
    Kind,
    Lead,
    PageReading,
    Reason,
    Warned,
)
from inference_server.generated.ecg.v1 import digitization_pb2 as pb

_KINDS: Final = {
    Kind.BEAT: pb.PICTURE_KIND_ONE_BEAT,
    Kind.STRIP: pb.PICTURE_KIND_STRIP,
    Kind.PAGE: pb.PICTURE_KIND_PAGE,
    Kind.NONE: pb.PICTURE_KIND_NOT_AN_ECG,
}
_KINDS_BY_VALUE: Final = {int(value): kind for kind, value in _KINDS.items()}
_BASES: Final = {
    Basis.GRID: pb.SCALE_BASIS_GRID,
    Basis.PRINT: pb.SCALE_BASIS_PRINT,
    Basis.PULSE: pb.SCALE_BASIS_PULSE,
    Basis.ASSUMED: pb.SCALE_BASIS_ASSUMED,
    Basis.STATED: pb.SCALE_BASIS_STATED,
}
_BASES_BY_VALUE: Final = {int(value): basis for basis, value in _BASES.items()}


PLACES_APART: Final = 10
"""Of so many samples, one has its place in an answer: a fiftieth of a second."""


@dataclass(frozen=True, slots=True)
class Digitized:
    """What a picture shows, and the picture of it."""

    reading: PageReading
    """What was read. The leads of a server's answer have the place of every :data:`PLACES_APART`-th sample."""
    overlay: bytes
    """A transparent PNG to lay over the upright picture; empty where nothing was read."""


def to_response(digitized: Digitized) -> pb.DigitizeImageResponse:
    """As it goes over the wire."""
    reading = digitized.reading
    corners = [] if reading.corners is None else reading.corners.tolist()
    return pb.DigitizeImageResponse(
        kind=_KINDS[reading.kind],
        reason=reading.reason or "",
        width=reading.size[0],
        height=reading.size[1],
        layout=reading.layout,
        cabrera=reading.cabrera,
        degrees=reading.degrees,
        corners=[pb.PixelPoint(x=x, y=y) for x, y in corners],
        calibration=None if reading.calibration is None else _to_calibration(reading.calibration),
        leads=[_to_lead(lead) for lead in reading.leads],
        warnings=[pb.PageWarning(reason=warned, message=MESSAGES[warned]) for warned in reading.warnings],
        overlay_png=digitized.overlay,
    )


def from_response(response: pb.DigitizeImageResponse) -> Digitized:
    """What :func:`to_response` made; what a newer server says in words that are not known here is left out."""
    known = set(Warned)
    reading = PageReading(
        kind=_KINDS_BY_VALUE.get(response.kind, Kind.NONE),
        size=(response.width, response.height),
        reason=Reason(response.reason) if response.reason in set(Reason) else None,
        layout=response.layout,
        cabrera=response.cabrera,
        degrees=response.degrees,
        corners=np.array([(at.x, at.y) for at in response.corners]) if response.corners else None,
        calibration=_from_calibration(response.calibration) if response.HasField("calibration") else None,
        leads=tuple(_from_lead(lead) for lead in response.leads),
        warnings=tuple(Warned(warning.reason) for warning in response.warnings if warning.reason in known),
    )
    return Digitized(reading, response.overlay_png)


def _to_calibration(calibration: Calibration) -> pb.PageCalibration:
    return pb.PageCalibration(
        pixels_per_mm=calibration.pixels_per_mm,
        mm_per_second=calibration.mm_per_second,
        mm_per_mv=calibration.mm_per_mv,
        millimetre_basis=_BASES[calibration.millimetre],
        speed_basis=_BASES[calibration.speed],
        gain_basis=_BASES[calibration.gain],
    )


def _from_calibration(calibration: pb.PageCalibration) -> Calibration:
    return Calibration(
        calibration.pixels_per_mm,
        calibration.mm_per_second,
        calibration.mm_per_mv,
        _BASES_BY_VALUE.get(calibration.millimetre_basis, Basis.ASSUMED),
        _BASES_BY_VALUE.get(calibration.speed_basis, Basis.ASSUMED),
        _BASES_BY_VALUE.get(calibration.gain_basis, Basis.ASSUMED),
    )


def _to_lead(lead: Lead) -> pb.DigitizedLead:
    left, top, right, bottom = lead.box
    return pb.DigitizedLead(
        name=lead.name,
        name_read=lead.name_read,
        row=lead.row,
        column=lead.column,
        begin_seconds=lead.begin,
        rate=lead.rate,
        millivolts=lead.millivolts.tolist(),
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        confidence=lead.confidence,
        trace=[pb.PixelPoint(x=x, y=y) for x, y in _thinned(lead).tolist()],
    )


def _thinned(lead: Lead) -> NDArray[np.float64]:
    """The place of every :data:`PLACES_APART`-th sample, whether or not the others were left out before."""
    every = round(PLACES_APART * len(lead.trace) / max(1, len(lead.millivolts)))
    return lead.trace[:: max(1, every)]


def _from_lead(lead: pb.DigitizedLead) -> Lead:
    return Lead(
        name=lead.name,
        name_read=lead.name_read,
        row=lead.row,
        column=lead.column,
        begin=lead.begin_seconds,
        rate=lead.rate,
        millivolts=np.array(lead.millivolts, np.float32),
        trace=np.array([(at.x, at.y) for at in lead.trace], np.float64).reshape(-1, 2),
        box=(lead.left, lead.top, lead.right, lead.bottom),
        confidence=lead.confidence,
    )
