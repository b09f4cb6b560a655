"""Forms of the accounts where allauth's own words don't suffice."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm as AllauthLoginForm
from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from webportal.accounts import zones
from webportal.accounts.models import User


class LoginForm(AllauthLoginForm):  # type: ignore[misc]  # allauth has no types
    """allauth's log-in, saying what may be typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Username or e-mail")


class TimeZoneForm(forms.ModelForm[User]):
    """One's own time zone."""

    class Meta:
        model = User
        fields = ("time_zone",)
        help_texts = {"time_zone": _("For the times on the pages and in PDF reports.")}

    def __init__(self, *args: Any, browsers: str, **kwargs: Any) -> None:
        """``browsers`` is the zone that the browser says it is in, if it does."""
        super().__init__(*args, **kwargs)
        automatic = gettext("the same as my browser’s")
        if browsers:
            automatic = f"{automatic} ({browsers})"
        choices = [("", automatic), *zones.choices()]
        self.fields["time_zone"].widget = forms.Select(choices=choices)
