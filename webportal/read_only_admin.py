"""The base of pages in the administration that show rows and change none: lists that stay fast on millions of rows."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from webportal.accounts.models import User


class BoundedPaginator(Paginator[Any]):
    """Pages of a list whose length nobody counts: beyond ``bound`` rows one filters or searches."""

    bound = 10_000

    @cached_property
    def count(self) -> int:
        """Rows in the list, at most ``bound``."""
        rows = cast(QuerySet[Any], self.object_list)
        return rows.order_by()[: self.bound].count()


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows every field and changes none."""

    show_full_result_count = False
    # Counting what each filter would find reads the whole table once a filter.
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    paginator = BoundedPaginator
    search_help_text = _("A complete id, error id, digest, username or e-mail address.")
    #: Columns that hold an id.
    id_columns: tuple[str, ...] = ("id",)
    #: Columns that hold some other text to be found exactly.
    text_columns: tuple[str, ...] = ()
    #: Columns that hold a user.
    user_columns: tuple[str, ...] = ("owner",)
    # Related rows are looked up rather than joined: a join may keep the database from reading the newest rows only.
    list_select_related = ()
    looked_up: tuple[str, ...] = ()
    # Shows the search field; what is searched is up to get_search_results.
    search_fields = ("id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """All rows, their related rows at hand."""
        return super().get_queryset(request).prefetch_related(*self.looked_up)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Whole values only, each answered by an index."""
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            number = uuid.UUID(term)
        except ValueError:
            people = User.objects.filter(Q(username__iexact=term) | Q(email__iexact=term)).values_list("pk", flat=True)
            matches = Q(pk__in=[])
            for column in self.user_columns:
                matches |= Q(**{f"{column}__in": list(people)})
            for column in self.text_columns:
                # First which rows, then in what order: asked at once, the database may read everything by date.
                rows = self.model._default_manager.filter(**{column: term}).order_by().values_list("pk", flat=True)
                matches |= Q(pk__in=list(rows[: self.list_per_page]))
        else:
            matches = Q(pk__in=[])
            for column in self.id_columns:
                matches |= Q(**{column: number})
        return queryset.filter(matches), False

    # The pages of the portal are their owner's alone.
    view_on_site = False

    @admin.display(description=_("id"), ordering="id")
    def short_id(self, row: Model) -> str:
        """Enough of the id to tell rows apart."""
        return str(row.pk)[:8]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The page of one row, without buttons to save what can't be changed."""
        buttons = {"show_save": False, "show_save_and_continue": False}
        return super().changeform_view(request, object_id, form_url, (extra_context or {}) | buttons)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows come from the portal's own pages only."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        """All of them."""
        return [field.name for field in self.model._meta.fields]


class DependentAdmin(ReadOnlyAdmin):
    """Rows that nobody rewrites, and that go only together with what they belong to."""

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody may."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Not on their own pages; on those of what they belong to, whoever may delete that."""
        match = request.resolver_match
        own = f"{self.opts.app_label}_{self.opts.model_name}_"
        return not (match and (match.url_name or "").startswith(own)) and super().has_delete_permission(request, obj)
