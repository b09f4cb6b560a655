"""Who reads what others share: made by a tick on a user's page in the administration."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from webportal.accounts.models import REVIEWERS, User


def set_reviewer(*, actor: User, user: User, is_reviewer: bool) -> bool:
    """Let ``user`` read what others share, or no longer; returns whether that changed anything. It holds at once.

    The audit log has it, as it has every change of a group.

    Raises:
        PermissionDenied: ``actor`` is no superuser: it opens what belongs to others.
    """
    if not actor.is_superuser:
        raise PermissionDenied
    group, _created = Group.objects.get_or_create(name=REVIEWERS)
    if user.groups.filter(pk=group.pk).exists() == is_reviewer:
        return False
    if is_reviewer:
        user.groups.add(group)
    else:
        user.groups.remove(group)
    return True


class UserForm(UserChangeForm[User]):
    """Django's form of a user, with the tick."""

    is_reviewer = forms.BooleanField(
        label=_("Reviewer"),
        required=False,
        help_text=_("Reads what others share for a second opinion, and writes a reading beside it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["is_reviewer"].initial = self.instance.groups.filter(name=REVIEWERS).exists()


class ReviewerFilter(admin.SimpleListFilter):
    """Reviewers, or the others."""

    title = _("Reviewer")
    parameter_name = "is_reviewer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Both."""
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Only the chosen ones."""
        return queryset.filter(_is_reviewer=self.value() == "yes") if self.value() else queryset


class ReviewerTick(admin.ModelAdmin):  # type: ignore[type-arg]
    """The part of the administration of users that is about the tick."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Users, and for each whether they are a reviewer."""
        memberships = User.groups.through._default_manager.filter(user=OuterRef("pk"), group__name=REVIEWERS)
        return super().get_queryset(request).annotate(_is_reviewer=Exists(memberships))

    @admin.display(description=_("Reviewer"), boolean=True, ordering="_is_reviewer")
    def reviewer(self, user: Any) -> bool:
        """Whether they are one."""
        return bool(user._is_reviewer)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form, its tick only for superusers."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if "is_reviewer" in getattr(form, "base_fields", {}):
            form.base_fields["is_reviewer"].disabled = not request.user.is_superuser
        return form

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """After the groups: the tick decides about its own."""
        super().save_related(request, form, formsets, change)
        if "is_reviewer" in form.changed_data:
            wanted = form.cleaned_data["is_reviewer"]
            set_reviewer(actor=cast(User, request.user), user=form.instance, is_reviewer=wanted)
