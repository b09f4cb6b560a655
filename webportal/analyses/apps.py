from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnalysesConfig(AppConfig):
    """What people sent and what the model said about it."""

    name = "webportal.analyses"
    label = "analyses"
    verbose_name = _("Analyses")

    def ready(self) -> None:
        """Connect the signal handlers, and what people may take along."""
        from webportal.accounts.exports import register
        from webportal.analyses import signals  # noqa: F401
        from webportal.analyses.history.own_data import write_analyses

        register(write_analyses)
