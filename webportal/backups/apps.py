from django.apps import AppConfig


class BackupsConfig(AppConfig):
    """The commands ``backup`` and ``restore``; no tables of its own."""

    name = "webportal.backups"
    label = "backups"
