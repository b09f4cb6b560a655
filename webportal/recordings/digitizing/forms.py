"""What an owner says about a picture that was read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _
from ecg.pictures.pages.result import PageReading

from webportal.recordings.digitizing.places import label_of

#: As long as a name of a lead may be.
_LONGEST_NAME = 16


class PageForm(forms.Form):
    """The names of the leads of a page, in reading order."""

    def __init__(self, reading: PageReading, *args: Any, **kwargs: Any) -> None:
        """``reading`` is what was read, with the names that the owner gave before."""
        super().__init__(*args, **kwargs)
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
    def names(self) -> tuple[str, ...]:
        """The names that were given; the form is valid."""
        return tuple(self.cleaned_data[name] for name in self._names)
