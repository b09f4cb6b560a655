"""What a person may send."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from ecg import leads

from webportal.analyses import tagging
from webportal.analyses.history.queries import ORDERS
from webportal.analyses.intake.candidates import Candidate, look_at
from webportal.analyses.intake.sniffing import ACCEPTED
from webportal.analyses.models import Analysis, Batch, Review, Tag, Upload
from webportal.pages import catalogue
from webportal.paging import Order


class PicturesInput(forms.ClearableFileInput):
    """A file chooser for one or several pictures."""

    allow_multiple_selected = True


class PicturesField(forms.FileField):
    """One or several pictures. Cleans to a list of :class:`Candidate`."""

    widget = PicturesInput
    default_error_messages = {
        "required": _("Choose a picture first."),
        "too_many": ngettext_lazy("Send one picture at a time.", "Send at most %(limit)d pictures at a time.", "limit"),
    }

    def clean(self, data: Any, initial: Any = None) -> list[Candidate]:
        """Look at each file's size and first bytes; what is inside is for the inference server to judge."""
        files = [file for file in data or [] if file]
        if not files:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if len(files) > settings.UPLOAD_MAX_PICTURES:
            raise forms.ValidationError(
                self.error_messages["too_many"], code="too_many", params={"limit": settings.UPLOAD_MAX_PICTURES}
            )
        return [look_at(file) for file in files]

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Chosen files can't be put back into the page."""
        return initial


#: What is to be known by who names a lead the first time.
LEAD_HELP = _(
    "If you know it; of a Holter’s modified leads the one that it stands for, II for MLII. The answer is judged by "
    "what was measured in that lead."
)


class LeadField(forms.ChoiceField):
    """The lead that a beat was recorded in, one of the twelve; empty where one doesn't know."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [("", _("not known")), *((name, name) for name in leads.STANDARD)]
        super().__init__(label=_("Lead"), required=False, choices=choices, **kwargs)


class UploadForm(forms.Form):
    """Pictures of heartbeats, and a few words to find them again."""

    picture = PicturesField(
        label=_("Picture of one heartbeat"),
        widget=PicturesInput(attrs={"accept": ACCEPTED}),
    )
    label = forms.CharField(
        label=_("Label"),
        required=False,
        max_length=Upload._meta.get_field("label").max_length,
        help_text=Upload._meta.get_field("label").help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    lead = LeadField(help_text=LEAD_HELP)
    keep_original = forms.BooleanField(
        label=_("Keep the file as I sent it"),
        required=False,
        help_text=_(
            "Beside the cleaned picture, with all metadata that is in it, for you alone to download. Don’t keep files "
            "that hold patient names."
        ),
    )
    keep_names = forms.BooleanField(
        label=_("Keep the names of the files"),
        required=False,
        initial=lambda: settings.KEEP_FILE_NAMES,
        help_text=_("For you alone, to find pictures by them. Don’t keep names that tell who a patient is."),
    )
    # Where a script sends the files of one form one by one: which this is, and of how many.
    place = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    expected = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """No form sends more files than are allowed, in however many parts."""
        cleaned = super().clean() or {}
        limit = settings.UPLOAD_MAX_PICTURES
        if max(cleaned.get("expected") or 0, (cleaned.get("place") or 0) + 1) > limit:
            raise forms.ValidationError(
                PicturesField.default_error_messages["too_many"], code="too_many", params={"limit": limit}
            )
        return cleaned


class AgainForm(forms.Form):
    """The same picture once more, in a lead that may be another."""

    lead = LeadField()


class BatchNameForm(forms.Form):
    """Another name for a batch."""

    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=Batch._meta.get_field("name").max_length,
        help_text=Batch._meta.get_field("name").help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ReviewForm(forms.Form):
    """How a person reads the picture."""

    class_short = forms.ChoiceField(label=_("I read it as"), error_messages={"required": _("Choose one of the kinds.")})
    comment = forms.CharField(
        label=_("Comment"),
        required=False,
        max_length=Review._meta.get_field("comment").max_length,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, analysis: Analysis, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = cast(forms.ChoiceField, self.fields["class_short"])
        kinds.choices = [
            ("", _("Choose …")),
            *((short, catalogue.translated(name)) for short, name in analysis.readings),
        ]


class TagsField(forms.CharField):
    """Tags, separated by commas. Cleans to a list of names."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off"}))
        super().__init__(max_length=1000, **kwargs)

    def clean(self, value: Any) -> Any:
        """The names, each once."""
        return tagging.tag_names(super().clean(value))


class AnnotationForm(forms.Form):
    """What a person writes to themselves about an analysis."""

    tags = TagsField(label=_("Tags"), required=False, help_text=_("Separate them with commas. You can search by them."))
    notes = forms.CharField(
        label=_("Notes"),
        required=False,
        max_length=Analysis._meta.get_field("notes").max_length,
        help_text=_("Only you read them. Don’t write patient names here."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, analysis: Analysis, *args: Any, **kwargs: Any) -> None:
        tags = ", ".join(tag.name for tag in analysis.tags.all())
        super().__init__(*args, **kwargs)
        self.initial = {"notes": analysis.notes, "tags": tags}


class BulkTagForm(forms.Form):
    """Tags for several analyses at once."""

    tags = TagsField(label=_("Tags"), error_messages={"required": _("Write a tag first.")})


class HistoryForm(forms.Form):
    """What one looks for in one's history. Everything is optional."""

    q = forms.CharField(label=_("Label or id"), required=False, max_length=100, strip=True)
    kind = forms.CharField(label=_("Kind"), required=False, max_length=32)
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        choices=[
            ("", _("any")),
            *Analysis.Verdict.choices,
            ("open", _("waiting")),
            (Analysis.State.REJECTED.value, Analysis.State.REJECTED.label),
            (Analysis.State.FAILED.value, Analysis.State.FAILED.label),
        ],
    )
    reviewed = forms.ChoiceField(
        label=_("Your reading"),
        required=False,
        choices=[
            ("", _("any")),
            ("yes", _("written")),
            ("no", _("not written")),
            *Analysis.Reading.choices,
        ],
    )
    file = forms.CharField(label=_("File name"), required=False, max_length=100, strip=True)
    batch = forms.UUIDField(label=_("Batch"), required=False)
    tag = forms.ModelChoiceField(label=_("Tag"), required=False, queryset=Tag.objects.none(), empty_label=_("any"))
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    version = forms.CharField(label=_("Model version"), required=False, max_length=50)
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[("", _("newest first")), ("oldest", _("oldest first")), ("uncertain", _("least certain first"))],
    )
    view = forms.ChoiceField(label=_("Show as"), required=False, choices=[("", _("pictures")), ("table", _("table"))])

    def __init__(
        self,
        *args: Any,
        tags: QuerySet[Tag],
        classes: Iterable[tuple[str, str]] = (),
        batch: Batch | None = None,
        **kwargs: Any,
    ) -> None:
        """``classes`` are offered as kinds, as (short, name), ``tags`` as tags, and the ``batch`` that is asked for."""
        super().__init__(*args, **kwargs)
        # One is chosen in the list of batches; here it can be left out again.
        chosen = [("", _("any")), (str(batch.pk), batch.title)] if batch else []
        self.fields["batch"].widget = forms.Select(choices=chosen) if batch else forms.HiddenInput()
        cast("forms.ModelChoiceField[Tag]", self.fields["tag"]).queryset = tags
        self.fields["kind"].widget = forms.Select(choices=[("", _("any")), *classes])

    @property
    def order(self) -> Order:
        """The chosen order; newest first unless another one was chosen."""
        return ORDERS[self.cleaned_data.get("sort") or "newest"]

    @property
    def is_looking(self) -> bool:
        """Whether anything is asked for beside an order."""
        return any(value for name, value in self.cleaned_data.items() if name not in ("sort", "view"))
