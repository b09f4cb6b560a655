"""What ``manage.py check`` says about the texts of an installation."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Warning, register

from webportal.pages import documents


@register()
def texts_can_be_shown(**_kwargs: Any) -> list[CheckMessage]:
    """A warning for each file that a page would have to do without."""
    return [Warning(problem, id="pages.W001") for problem in documents.problems()]
