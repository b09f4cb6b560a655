"""What may be tried without an account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from webportal.analyses.forms import LEAD_HELP, LeadField, PicturesField
from webportal.analyses.intake.candidates import Candidate
from webportal.trial import samples


class PictureField(forms.FileField):
    """One picture, looked at as every upload is. Cleans to a :class:`Candidate`."""

    widget = forms.FileInput(attrs={"accept": "image/*,application/pdf"})

    def clean(self, data: Any, initial: Any = None) -> Candidate | None:
        """Look at the file's size and first bytes; what is inside is for the inference server to judge."""
        if not isinstance(data, UploadedFile):
            return None
        return PicturesField().clean([data])[0]


class TrialForm(forms.Form):
    """A picture of one's own, or one of the samples."""

    picture = PictureField(label=_("Picture of one heartbeat"), required=False)
    lead = LeadField(help_text=LEAD_HELP)
    sample = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)

    def clean_sample(self) -> samples.Sample | None:
        """The sample of that name."""
        key = self.cleaned_data["sample"]
        sample = samples.find(key) if key else None
        if key and sample is None:
            raise forms.ValidationError(_("There is no such sample."), code="no_sample")
        return sample

    def clean(self) -> dict[str, Any]:
        """One of both."""
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("picture") and not cleaned.get("sample"):
            self.add_error("picture", _("Choose a picture first."))
        return cleaned
