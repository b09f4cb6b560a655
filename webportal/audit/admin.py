"""The audit log in the administration, to be read."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from webportal.analyses.admin import ReadOnlyAdmin
from webportal.audit.models import Entry


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """Newest first; found by person or by the id of a record."""

    list_display = ("at", "actor", "action", "kind", "record", "owner", "detail")
    list_filter = ("action", "at")
    looked_up = ("actor", "owner")
    id_columns = ("id", "record")
    user_columns = ("actor", "owner")
    text_columns = ("record",)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody rewrites it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody shortens it by hand."""
        return False
