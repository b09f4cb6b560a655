"""What an owner says about a picture that was read."""

from __future__ import annotations

import math
from typing import Any, Final

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from ecg.pictures.pages.corrections import Corrections, CorrectionsError, Point
from ecg.pictures.pages.result import PageReading

from webportal.recordings.digitizing.places import label_of

#: As long as a name of a lead may be.
_LONGEST_NAME: Final = 16
CORNERS: Final = (
    ("upper_left", _("Upper left corner")),
    ("upper_right", _("Upper right corner")),
    ("lower_right", _("Lower right corner")),
    ("lower_left", _("Lower left corner")),
)
"""Fields of the paper's corners, in the order of :attr:`Corrections.corners`, and their names."""
_CABRERA: Final = "/cabrera"
_LAYOUTS: Final = ("1x1", "2x1", "3x1", "4x1", "6x1", "3x4", "3x4+1", "3x4+2", "3x4+3", "6x2", "6x2+1", "12x1")
#: Those of twelve leads, whose limb leads may stand in the order of Cabrera.
_OF_TWELVE: Final = ("3x4", "3x4+1", "3x4+2", "3x4+3", "6x2", "6x2+1", "12x1")


class PlaceField(forms.CharField):
    """Some numbers with commas between, pixels of the picture. Cleans to a tuple of them; None where it is empty."""

    def __init__(self, count: int, **kwargs: Any) -> None:
        """``count`` numbers are wanted."""
        attributes = {"autocomplete": "off", "inputmode": "decimal", "data-place": str(count)}
        super().__init__(required=False, max_length=80, widget=forms.TextInput(attrs=attributes), **kwargs)
        self._count = count

    def clean(self, value: Any) -> Any:
        """The numbers."""
        text = super().clean(value)
        if not text:
            return None
        try:
            numbers = tuple(float(part) for part in text.split(","))
        except ValueError:
            numbers = ()
        if len(numbers) != self._count or not all(map(math.isfinite, numbers)):
            raise forms.ValidationError(
                _("Write %(count)d numbers, with points as decimals and commas between.") % {"count": self._count}
            )
        return numbers


def _measure(suggestions: str = "") -> forms.NumberInput:
    """A number, with the identifier of a list of usual ones."""
    attributes = {"step": "any", "inputmode": "decimal", "autocomplete": "off"}
    return forms.NumberInput(attrs=attributes | ({"list": suggestions} if suggestions else {}))


def _layout_choices() -> list[tuple[str, str | Promise]]:
    plain = [(layout, layout.replace("x", " × ").replace("+", " + ")) for layout in _LAYOUTS]
    cabrera = [(f"{layout}{_CABRERA}", f"{dict(plain)[layout]} (Cabrera)") for layout in _OF_TWELVE]
    return [("", _("as found")), *plain, *cabrera]


class BeatForm(forms.Form):
    """Where on the picture one beat stands."""

    beat = PlaceField(4, label=_("One beat: left, top, right, bottom"))

    def clean_beat(self) -> tuple[float, ...]:
        """Its edges, pixels of the picture."""
        edges: tuple[float, ...] | None = self.cleaned_data["beat"]
        if edges is None:
            raise forms.ValidationError(_("Draw around one beat first."))
        return edges


class PageForm(forms.Form):
    """The names of the leads of a page, in reading order, and what its owner knows better than it can be read."""

    mm_per_second = forms.FloatField(label=_("Paper speed, mm/s"), required=False, widget=_measure("speeds"))
    mm_per_mv = forms.FloatField(label=_("Gain, mm/mV"), required=False, widget=_measure("gains"))
    layout = forms.ChoiceField(label=_("Layout"), required=False, choices=_layout_choices)
    top = forms.ChoiceField(
        label=_("The page’s upper edge is"),
        required=False,
        choices=[
            ("", _("as found")),
            ("0", _("at the top")),
            ("-90", _("at the right")),
            ("180", _("at the bottom")),
            ("90", _("at the left")),
        ],
    )
    region = PlaceField(4, label=_("Read this part alone: left, top, right, bottom"))
    pixels_per_second = forms.FloatField(
        label=_("Pixels of a second, where there is no grid"), required=False, widget=_measure()
    )
    pixels_per_mv = forms.FloatField(
        label=_("Pixels of a millivolt, where there is no grid"), required=False, widget=_measure()
    )

    def __init__(self, reading: PageReading, corrections: Corrections, data: Any = None) -> None:
        """``reading`` is what was read, with the names that the owner gave before, by those ``corrections``."""
        super().__init__(data, initial=_initial(corrections))
        self._tilt = reading.degrees - 90 * round(reading.degrees / 90)
        for place, (name, label) in enumerate(CORNERS):
            corner = ", ".join(f"{part:.0f}" for part in corrections.corners[place]) if corrections.corners else ""
            self.fields[name] = PlaceField(2, label=label, initial=corner)
        self._names = [f"lead-{place}" for place in range(len(reading.leads))]
        for place, (name, lead) in enumerate(zip(self._names, reading.leads, strict=True)):
            self.fields[name] = forms.CharField(
                label=_("Name of %(lead)s") % {"lead": label_of(lead, place)},
                required=False,
                max_length=_LONGEST_NAME,
                initial=lead.name,
                widget=forms.TextInput(attrs={"autocomplete": "off", "list": "leads", "data-lead": str(place)}),
            )

    @property
    def leads(self) -> list[BoundField]:
        """The fields of the names, in reading order."""
        return [self[name] for name in self._names]

    @property
    def corners(self) -> list[BoundField]:
        """The fields of the corners."""
        return [self[name] for name, _label in CORNERS]

    @property
    def names(self) -> tuple[str, ...]:
        """The names that were given; the form is valid."""
        return tuple(self.cleaned_data[name] for name in self._names)

    @property
    def corrections(self) -> Corrections:
        """What is known better; the form is valid."""
        stated: Corrections = self.cleaned_data["corrections"]
        return stated

    def clean(self) -> dict[str, Any]:
        """With ``corrections``, if they can be."""
        cleaned = super().clean() or {}
        corners = self._corners(cleaned)
        layout, _slash, is_cabrera = (cleaned.get("layout") or "").partition("/")
        stated = Corrections(
            corners=corners,
            degrees=None if corners or not cleaned.get("top") else float(cleaned["top"]) + self._tilt,
            region=cleaned.get("region"),
            mm_per_second=cleaned.get("mm_per_second"),
            mm_per_mv=cleaned.get("mm_per_mv"),
            pixels_per_second=cleaned.get("pixels_per_second"),
            pixels_per_mv=cleaned.get("pixels_per_mv"),
            layout=layout,
            cabrera=True if is_cabrera else None,
        )
        try:
            stated.check()
        except CorrectionsError as wrong:
            field = CORNERS[0][0] if wrong.field == "corners" else wrong.field
            self.add_error(field if field in self.fields else None, _explained(wrong))
        return cleaned | {"corrections": stated}

    def _corners(self, cleaned: dict[str, Any]) -> tuple[Point, Point, Point, Point] | None:
        names = [name for name, _label in CORNERS]
        given: dict[str, Point] = {name: cleaned[name] for name in names if cleaned.get(name)}
        for name in names:
            if given and name not in given and name not in self.errors:
                self.add_error(name, _("Give all four corners, or none."))
        if len(given) < len(names):
            return None
        upper_left, upper_right, lower_right, lower_left = given.values()
        return upper_left, upper_right, lower_right, lower_left


def _initial(corrections: Corrections) -> dict[str, Any]:
    """The fields as they stand once these corrections were made."""
    quarter = "" if corrections.degrees is None else str(_quarter(corrections.degrees))
    return {
        "mm_per_second": corrections.mm_per_second,
        "mm_per_mv": corrections.mm_per_mv,
        "pixels_per_second": corrections.pixels_per_second,
        "pixels_per_mv": corrections.pixels_per_mv,
        "layout": corrections.layout + (_CABRERA if corrections.cabrera else ""),
        "top": quarter,
        "region": ", ".join(f"{edge:.0f}" for edge in corrections.region or ()),
    }


def _quarter(degrees: float) -> int:
    """The nearest quarter turn: 0, 90, 180 or -90."""
    turned = 90 * round(degrees / 90) % 360
    return turned - 360 if turned > 180 else turned


def _explained(wrong: CorrectionsError) -> str:
    return {
        "corners": gettext("That is no page: corners go around it, upper left first, and its sides have some length."),
        "region": gettext("That part is too small, or lies outside of the picture."),
        "mm_per_second": gettext("That is no paper speed."),
        "mm_per_mv": gettext("That is no gain."),
        "pixels_per_mv": gettext("Give pixels for both, a second and a millivolt, and then no speed and no gain."),
    }.get(wrong.field, str(wrong))
