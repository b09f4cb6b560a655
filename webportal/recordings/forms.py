"""What people tell the portal about recordings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from ecg.formats import Answers
from ecg.recording_errors import RecordingError

from webportal.analyses.forms import PicturesInput
from webportal.recordings.models import Recording

_NO_LEAD = "-"


class FilesField(forms.FileField):
    """One or several files of recordings. Cleans to a list of them."""

    widget = PicturesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        """The files; what is in them is for their reader to say."""
        files = [file for file in data or [] if file]
        if not files:
            raise forms.ValidationError(_("Choose the files of a recording first."), code="required")
        return files

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Chosen files can't be put back into the page."""
        return initial


class SendingForm(forms.Form):
    """Files of recordings, and a few words to find them again."""

    sent = FilesField(label=_("Picture of a strip or page, or files of a recording"))
    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=Recording._meta.get_field("name").max_length,
        help_text=Recording._meta.get_field("name").help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    keep_names = forms.BooleanField(
        label=_("Keep the names of the files"),
        required=False,
        initial=lambda: settings.KEEP_FILE_NAMES,
        help_text=_("Otherwise they are forgotten once the recording is read. They may tell who a patient is."),
    )


class RenamingForm(forms.Form):
    """Another name for a recording."""

    name = SendingForm.base_fields["name"]


class AnswersForm(forms.Form):
    """What the files of a recording leave out, as far as it was asked."""

    def __init__(self, questions: Sequence[dict[str, Any]], *args: Any, **kwargs: Any) -> None:
        """``questions`` are those of :attr:`Recording.questions`."""
        super().__init__(*args, **kwargs)
        self._columns: list[str] = []
        # Offered, never filled in: what somebody leaves as it stands would be a guess of ours.
        self.suggested_rates: list[str] = []
        self.suggested_units: list[str] = []
        for question in questions:
            getattr(self, f"_ask_{question['about']}")(question)

    def _ask_rate(self, question: dict[str, Any]) -> None:
        self.suggested_rates = [rate for rate in map(_plain, question["candidates"]) if rate]
        self.fields["rate"] = forms.FloatField(
            label=_("Samples a second of each lead"),
            min_value=1,
            max_value=50_000,
            help_text=_("Holter recorders often take 128, 200, 250 or 500; it stands in the recorder’s manual."),
            widget=forms.NumberInput(
                attrs={"step": "any", "inputmode": "decimal", "autocomplete": "off", "list": "rates"}
            ),
        )

    def _ask_unit(self, question: dict[str, Any]) -> None:
        self.suggested_units = list(dict.fromkeys([*question["candidates"], "mV", "uV", "V"]))
        self.fields["unit"] = forms.CharField(
            label=_("Unit of the samples"),
            max_length=40,
            help_text=_("mV, uV or V; with a number in front where one count is more than that, such as 4.88uV."),
            widget=forms.TextInput(attrs={"autocomplete": "off", "list": "units"}),
        )

    def _ask_leads(self, question: dict[str, Any]) -> None:
        self._columns = list(question["columns"]) or [""] * max(1, len(question["candidates"]))
        for number, column in enumerate(self._columns):
            guess = question["candidates"][number] if number < len(question["candidates"]) else ""
            self.fields[f"lead-{number}"] = forms.CharField(
                label=_("Lead in column %(number)d") % {"number": number + 1} + (f" ({column})" if column else ""),
                required=False,
                max_length=64,
                initial=guess,
                widget=forms.TextInput(attrs={"autocomplete": "off", "list": "leads"}),
            )

    def clean(self) -> dict[str, Any]:
        """The answers as :class:`ecg.formats.Answers` takes them."""
        cleaned = super().clean() or {}
        rate, unit = cleaned.get("rate"), cleaned.get("unit") or None
        leads = None
        if self._columns:
            leads = tuple((cleaned.get(f"lead-{number}") or _NO_LEAD) for number in range(len(self._columns)))
            if all(lead == _NO_LEAD for lead in leads):
                self.add_error("lead-0", _("At least one column has to be a lead."))
        if rate is not None and not math.isfinite(rate):
            self.add_error("rate", _("That is no number of samples a second."))
        try:
            Answers(unit=unit)
        except RecordingError:
            self.add_error("unit", _("That is no unit of voltage."))
        return {"rate": rate, "unit": unit, "leads": leads}


class ListForm(forms.Form):
    """What one looks for among one's recordings. Everything is optional."""

    q = forms.CharField(label=_("Name or id"), required=False, max_length=100, strip=True)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("any")),
            ("done", _("analysed")),
            ("open", _("in hand")),
            ("asking", _("asks something")),
            ("stopped", _("refused or failed")),
        ],
    )
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    @property
    def is_looking(self) -> bool:
        """Whether anything is asked for."""
        return any(self.cleaned_data.values())


def _plain(candidate: str) -> str:
    """A number without a fraction that says nothing."""
    try:
        return f"{float(candidate):g}"
    except ValueError:
        return ""
