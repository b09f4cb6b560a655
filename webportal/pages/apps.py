from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PagesConfig(AppConfig):
    """Pages that anyone may read."""

    name = "webportal.pages"
    label = "pages"
    verbose_name = _("Pages")

    def ready(self) -> None:
        """Look at the files that the settings name."""
        from webportal.pages import checks  # noqa: F401 - registers itself
