"""What a person says about a new access token."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from webportal.api.models import AccessToken
from webportal.api.tokens import LIVES


class TokenForm(forms.ModelForm[AccessToken]):
    """A new access token."""

    scopes = forms.TypedMultipleChoiceField(
        label=_("It may"),
        choices=AccessToken.Scope.choices,
        coerce=AccessToken.Scope,
        initial=[AccessToken.Scope.READ.value],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what it may do.")},
    )
    days = forms.TypedChoiceField(
        label=_("It expires after"),
        choices=lambda: [(days, ngettext("%d day", "%d days", days) % days) for days in LIVES],
        coerce=int,
        initial=90,
    )

    class Meta:
        model = AccessToken
        fields = ["name"]
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "off"})}
