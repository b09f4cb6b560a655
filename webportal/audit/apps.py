from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    """Who looked at, took away or changed what belongs to somebody else."""

    name = "webportal.audit"
    label = "audit"
    verbose_name = _("Audit log")

    def ready(self) -> None:
        """Connect what writes down changes of rights, and what people may take along."""
        from webportal.accounts.exports import register
        from webportal.audit import powers  # noqa: F401
        from webportal.audit.exports import write_entries

        register(write_entries)
