from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    """Who looked at, took away or changed what belongs to somebody else."""

    name = "webportal.audit"
    label = "audit"
    verbose_name = _("Audit log")

    def ready(self) -> None:
        """Connect what writes down changes of rights."""
        from webportal.audit import powers  # noqa: F401
