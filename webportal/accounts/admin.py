"""Users in the administration, and what belongs to them: addresses, second factors, sessions, groups.

Whoever may change accounts may not so come by more rights than they have: rights are given by superusers alone, and
accounts with rights are changed by superusers alone, since a new password or address opens an account too.
"""

from __future__ import annotations

from typing import Any, cast

from allauth.account.admin import EmailAddressAdmin as AllauthEmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from webportal.accounts import quota
from webportal.accounts.models import User
from webportal.accounts.reviewers import ReviewerFilter, ReviewerTick, UserForm
from webportal.accounts.templatetags.space import mebibytes

#: Fields that give rights.
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


def may_manage(actor: User, account: User) -> bool:
    """Whether ``actor``, who may change accounts, may change this one."""
    return actor.is_superuser or not (account.is_staff or account.is_superuser)


def _actor(request: HttpRequest) -> User:
    """The logged-in user; nobody else gets here."""
    return cast(User, request.user)


@admin.register(User)
class UserAdmin(ReviewerTick, DjangoUserAdmin):  # type: ignore[type-arg]
    """Django's own user administration, without the names that are never asked for."""

    form = UserForm
    list_display = ("username", "email", "is_active", "reviewer", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", ReviewerFilter, "is_staff", "is_superuser", "date_joined")
    search_fields = ("username", "email")
    ordering = ("-date_joined",)
    readonly_fields = ("last_login", "date_joined", "space_used")
    # Plain lists: those of Django that move entries to and fro can't be used by everybody.
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "email", "password")}),
        (_("Reading for others"), {"fields": ("is_reviewer",)}),
        (_("Permissions"), {"fields": ("is_active", *RIGHTS)}),
        (_("Important dates"), {"fields": ("last_login", "date_joined")}),
        (_("Space used"), {"fields": ("space_used",)}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "email", "usable_password", "password1", "password2")}),
    )

    @admin.display(description=_("MiB, with the trash"))
    def space_used(self, user: User) -> str:
        """How much of the disk their files take up."""
        return mebibytes(quota.space_of(user).used)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without the way to a page that wouldn't open: the password of an account that one can't change."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        shown = [tuple(name for name in part["fields"] if name != "password") for _title, part in fieldsets]
        return [(title, {**part, "fields": names}) for (title, part), names in zip(fieldsets, shown, strict=True)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Rights are only looked at by those who can't give them."""
        names = tuple(cast("tuple[str, ...]", super().get_readonly_fields(request, obj)))
        return names if _actor(request).is_superuser else names + RIGHTS

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The page of one account. Rights that the form doesn't hold are refused, not left out without a word."""
        if request.method == "POST" and not _actor(request).is_superuser and set(RIGHTS) & request.POST.keys():
            raise PermissionDenied
        return super().changeform_view(request, object_id, form_url, extra_context)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Also of the password, whose page asks here."""
        return super().has_change_permission(request, obj) and (obj is None or may_manage(_actor(request), obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """One or several: each is asked for."""
        return super().has_delete_permission(request, obj) and (obj is None or may_manage(_actor(request), obj))


class RightsAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What superusers alone change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers."""
        return _actor(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Superusers."""
        return _actor(request).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Superusers."""
        return _actor(request).is_superuser


class OfAccountAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What hangs on an account, and is changed by those who may change the account."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As of the account."""
        return super().has_change_permission(request, obj) and self._may(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As of the account."""
        return super().has_delete_permission(request, obj) and self._may(request, obj)

    def _may(self, request: HttpRequest, obj: Any) -> bool:
        return obj is None or may_manage(_actor(request), obj.user)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Also what is new, or moved to another account, belongs to one that they may change."""
        if not may_manage(_actor(request), obj.user):
            raise PermissionDenied
        super().save_model(request, obj, form, change)


admin.site.unregister([Group, EmailAddress, Authenticator, UserSession])


@admin.register(Group)
class GroupAdmin(RightsAdmin, DjangoGroupAdmin):
    """Groups give rights to their members."""

    filter_horizontal = ()


@admin.register(EmailAddress)
class EmailAddressAdmin(OfAccountAdmin, AllauthEmailAddressAdmin):  # type: ignore[misc]  # allauth has no types
    """Addresses to log in with, and to reset a password by. Their owners change them; here they are read, and confirmed
    by hand for the day when mails don't arrive.
    """

    fields = ("user", "email", "verified", "primary")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Everybody adds their own."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """In the list, for what is done by hand there; a row's own page is only looked at."""
        return not self._is_own_page(request, "change") and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only together with the account: one without an address can't have a new password."""
        return not self._is_own_page(request, "") and super().has_delete_permission(request, obj)

    def _is_own_page(self, request: HttpRequest, page: str) -> bool:
        """Whether it is a page about addresses; with ``page`` whether it is that one."""
        name = (request.resolver_match and request.resolver_match.url_name) or ""
        base = "account_emailaddress_"
        return name == base + page if page else name.startswith(base)

    def make_verified(self, request: HttpRequest, queryset: QuerySet[EmailAddress]) -> None:
        """Those of accounts that may be changed."""
        if not _actor(request).is_superuser:
            queryset = queryset.exclude(Q(user__is_staff=True) | Q(user__is_superuser=True))
        super().make_verified(request, queryset)

    make_verified.short_description = _("Mark selected email addresses as verified")  # type: ignore[attr-defined]
    make_verified.allowed_permissions = ("change",)  # type: ignore[attr-defined]


@admin.register(Authenticator)
class AuthenticatorAdmin(OfAccountAdmin):
    """Second factors: taken away from somebody who lost theirs, never given; their secrets are not shown."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type", "created_at", "last_used_at")
    search_fields = ("user__username", "user__email")
    fields = ("user", "type", "created_at", "last_used_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Everybody sets up their own."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is nothing to change in one."""
        return False


@admin.register(UserSession)
class UserSessionAdmin(OfAccountAdmin):
    """Where people are logged in. Deleting a session ends it; its key is not shown."""

    list_display = ("user", "created_at", "last_seen_at", "ip", "user_agent")
    search_fields = ("user__username", "user__email", "ip")
    fields = ("user", "created_at", "last_seen_at", "ip", "user_agent")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who logs in makes one."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is nothing to change in one."""
        return False
