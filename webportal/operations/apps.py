from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OperationsConfig(AppConfig):
    """How the installation is doing, for those who run it: figures on a page and for Prometheus."""

    name = "webportal.operations"
    label = "operations"
    verbose_name = _("Operations")
