"""What was read of a picture of a strip or page, as programs see it, and what its owner says about that."""

from __future__ import annotations

from typing import Any, Literal

from ecg.pictures.pages.corrections import Corrections
from ecg.pictures.pages.result import Basis, Calibration, Lead, PageReading
from ninja import Schema
from pydantic import ConfigDict, Field

from webportal.recordings import reasons
from webportal.recordings.digitizing.answers import PageAnswers, corrections_to_json, reason_against

_BASIS = "What it rests on: `grid`, `print`, `pulse`, `stated`, or `assumed`."
_NAMES = "Of the leads, in reading order; as many as were found."

BasisName = Literal["grid", "print", "pulse", "assumed", "stated"]
Point = tuple[float, float]
Box = tuple[float, float, float, float]


class ScaleOut(Schema):
    """The scale of a page."""

    mm_per_second: float = Field(examples=[25.0])
    mm_per_second_basis: BasisName = Field(description=_BASIS, examples=[Basis.PRINT.value])
    mm_per_mv: float = Field(examples=[10.0])
    mm_per_mv_basis: BasisName = Field(description=_BASIS, examples=[Basis.PULSE.value])
    pixels_per_mm: float = Field(description="In the middle of the picture.", examples=[8.2])
    pixels_per_mm_basis: BasisName = Field(description=_BASIS, examples=[Basis.GRID.value])


class LeadOut(Schema):
    """A lead, or a stretch of one, where it stands on the picture."""

    name: str = Field(description="Empty where it could not be read.", examples=["II"])
    name_read: bool = Field(description="Whether it was read or stated, not concluded from the layout.")
    row: int = Field(description="From 0.", examples=[0])
    column: int = Field(description="From 0.", examples=[0])
    begin: float = Field(description="Seconds from the page’s first moment.", examples=[0.0])
    seconds: float = Field(examples=[10.0])
    box: Box = Field(description="Left, top, right and lower edge, pixels.", examples=[(50.0, 40.0, 900.0, 210.0)])
    confidence: float = Field(description="How much of it was read how surely, 0 to 1.", examples=[0.97])


class PageWarningOut(Schema):
    """What to know before believing what is measured."""

    reason: str = Field(description="Stable code.", examples=["PAGE_GAIN_ASSUMED"])
    message: str = Field(description="For people.", examples=["10 mm/mV was assumed."])


class CorrectionsOut(Schema):
    """What is known better than it can be read; what is absent is found. Places are pixels of the upright picture."""

    corners: tuple[Point, Point, Point, Point] | None = Field(
        None, description="Of the paper as it is read: upper left, upper right, lower right, lower left."
    )
    degrees: float | None = Field(None, description="By how much it is turned counter-clockwise; not with corners.")
    region: Box | None = Field(None, description="Left, top, right and lower edge of what alone is read.")
    mm_per_second: float | None = Field(None, description="Paper speed.", examples=[25.0])
    mm_per_mv: float | None = Field(None, description="Gain.", examples=[10.0])
    pixels_per_mm: float | None = None
    pixels_per_second: float | None = Field(None, description="Where there is no grid; with `pixels_per_mv`.")
    pixels_per_mv: float | None = None
    layout: str = Field("", max_length=16, description="`3x4+1`, `6x2`, `12x1`, `1x1` and others.")
    cabrera: bool | None = Field(None, description="Order of the limb leads; with a layout of twelve leads.")


class CorrectionsIn(CorrectionsOut):
    """The same, said anew as a whole, and the names of the leads."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"mm_per_mv": 5, "names": ["I", "II", "III"]}}
    )

    names: list[str] | None = Field(None, max_length=64, description=_NAMES)

    def stated(self) -> Corrections:
        """As the server takes them."""
        return Corrections(**self.model_dump(exclude={"names"}))


class ConfirmationIn(Schema):
    """That a picture was read rightly."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"names": ["II"]}})

    names: list[str] | None = Field(None, max_length=64, description=_NAMES)


class BeatIn(Schema):
    """One beat on the picture."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"region": [120, 60, 210, 190]}})

    region: Box = Field(description="Left, top, right and lower edge around the beat, pixels of the upright picture.")


class PageReadingOut(Schema):
    """What was read of a picture of a strip or page."""

    kind: Literal["beat", "strip", "page", "none"] = Field(examples=["page"])
    reason: str = Field(description="Why it can be no recording; empty where it can.", examples=[""])
    problem: str = Field(description="The same for people.", examples=[""])
    is_confirmed: bool = Field(description="Whether its owner said that it was read rightly.")
    width: int = Field(description="Of the upright picture, pixels.", examples=[1600])
    height: int = Field(examples=[1100])
    layout: str = Field(description="Rows × columns + rhythm strips.", examples=["3x4+1"])
    cabrera: bool
    degrees: float = Field(description="By how much it is turned counter-clockwise.", examples=[0.4])
    corners: list[Point] = Field(description="Of the page; none where none were found.")
    scale: ScaleOut | None
    leads: list[LeadOut] = Field(description="In reading order.")
    warnings: list[PageWarningOut]
    corrections: CorrectionsOut = Field(description="What its owner stated, and it was read with.")


def page_reading_of(reading: PageReading, said: PageAnswers) -> dict[str, Any]:
    """A :class:`PageReadingOut`."""
    against = reason_against(reading)
    return {
        "kind": reading.kind.value,
        "reason": against,
        "problem": str(reasons.explain(against)) if against else "",
        "is_confirmed": said.is_confirmed,
        "width": reading.size[0],
        "height": reading.size[1],
        "layout": reading.layout,
        "cabrera": reading.cabrera,
        "degrees": round(reading.degrees, 3),
        "corners": [] if reading.corners is None else reading.corners.round(1).tolist(),
        "scale": None if reading.calibration is None else _scale(reading.calibration),
        "leads": [_lead(lead) for lead in reading.leads],
        "warnings": [{"reason": warned.value, "message": reasons.page_warning(warned)} for warned in reading.warnings],
        "corrections": corrections_to_json(said.corrections),
    }


def _scale(calibration: Calibration) -> dict[str, Any]:
    return {
        "mm_per_second": calibration.mm_per_second,
        "mm_per_second_basis": calibration.speed.value,
        "mm_per_mv": calibration.mm_per_mv,
        "mm_per_mv_basis": calibration.gain.value,
        "pixels_per_mm": round(calibration.pixels_per_mm, 4),
        "pixels_per_mm_basis": calibration.millimetre.value,
    }


def _lead(lead: Lead) -> dict[str, Any]:
    return {
        **{name: getattr(lead, name) for name in ("name", "name_read", "row", "column")},
        "begin": round(lead.begin, 3),
        "seconds": round(len(lead.millivolts) / lead.rate, 3),
        "box": [round(edge, 1) for edge in lead.box],
        "confidence": round(lead.confidence, 3),
    }
