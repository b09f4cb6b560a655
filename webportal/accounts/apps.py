from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Who may log in."""

    name = "webportal.accounts"
    label = "accounts"
    verbose_name = _("Users")

    def ready(self) -> None:
        """Connect the signal handlers."""
        from webportal.accounts import signals

        signals.keep_books_if_possible()
