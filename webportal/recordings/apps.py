from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordingsConfig(AppConfig):
    """Whole recordings: what people sent, what was read, what the model said and what people made of it."""

    name = "webportal.recordings"
    label = "recordings"
    verbose_name = _("Recordings")

    def ready(self) -> None:
        """Connect the signal handlers, and what people may take along."""
        from webportal.accounts.exports import register
        from webportal.recordings import signals  # noqa: F401
        from webportal.recordings.own_data import write_recordings

        register(write_recordings)
