from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    """What programs may do for a person, and the tokens that say so."""

    name = "webportal.api"
    label = "api"
    verbose_name = _("Interface for programs")

    def ready(self) -> None:
        """Connect what ends tokens, and what people may take along."""
        from webportal.accounts.exports import register
        from webportal.api import signals  # noqa: F401
        from webportal.api.own_data import write_tokens

        register(write_tokens)
