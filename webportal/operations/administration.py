"""Django's administration with a start page of this installation's tasks."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    """In place of ``django.contrib.admin`` among the installed apps."""

    default_site = "webportal.operations.site.Site"
