from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrialConfig(AppConfig):
    """Trying Beatlens: with the pictures that come with it, and without an account."""

    name = "webportal.trial"
    label = "trial"
    verbose_name = _("Trying it")
