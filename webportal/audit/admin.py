"""The audit log in the administration, to be read."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from webportal.audit.models import Entry
from webportal.read_only_admin import ReadOnlyAdmin


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """Newest first; found by person or by the id of a record."""

    list_display = ("at", "who", "action", "kind", "record", "whose", "said")
    list_filter = ("action", "at")
    looked_up = ("actor", "owner")
    id_columns = ("id", "record")
    user_columns = ("actor", "owner")
    text_columns = ("record", "owner_label")

    @admin.display(description=_("who"), ordering="actor")
    def who(self, entry: Entry) -> str:
        """Their name, or what is left when the account is gone."""
        if entry.actor_number is None:
            return gettext("server command")
        return entry.actor.get_username() if entry.actor else entry.actor_label or f"#{entry.actor_number}"

    @admin.display(description=_("detail"))
    def said(self, entry: Entry) -> str:
        """Its beginning; the whole is on the page of the entry."""
        return Truncator(entry.detail).chars(60)

    @admin.display(description=_("whose"), ordering="owner")
    def whose(self, entry: Entry) -> str:
        """Their name, or what is left when the account is gone; the name of a group."""
        if entry.owner:
            return entry.owner.get_username()
        return entry.owner_label or ("" if entry.owner_number is None else f"#{entry.owner_number}")

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody rewrites it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody shortens it by hand."""
        return False
