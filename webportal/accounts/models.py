"""The people who use the portal."""

from __future__ import annotations

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from webportal.accounts import zones

#: Name of the group whose members read what others share with reviewers.
REVIEWERS = "reviewer"


class User(AbstractUser):
    """A user. No real name is asked for: a name to log in with and an e-mail address are all there is."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(
        _("email address"),
        unique=True,
        error_messages={"unique": _("A user with that email address already exists.")},
    )

    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[zones.validate_name],
        help_text=_("Empty: the browser's."),
    )

    class Meta(AbstractUser.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(Lower("username"), name="accounts_user_username_any_case"),
            models.UniqueConstraint(Lower("email"), name="accounts_user_email_any_case"),
        ]

    @cached_property
    def is_reviewer(self) -> bool:
        """Whether they may read what others share with reviewers."""
        return self.is_active and self.groups.filter(name=REVIEWERS).exists()

    @cached_property
    def may_administer(self) -> bool:
        """Whether the administration is open to them: staff, with a second factor where one is wanted."""
        if not (self.is_active and self.is_staff):
            return False
        return not settings.ADMIN_MFA_REQUIRED or is_mfa_enabled(self)

    def get_full_name(self) -> str:
        """The name to log in with; no other is known."""
        return self.username

    def get_short_name(self) -> str:
        """The name to log in with; no other is known."""
        return self.username


class StorageUse(models.Model):
    """How many bytes a person's files take up. Kept beside the files' rows, so that nobody has to add them up."""

    # Not a column of the user: saving a user that was read earlier would put an old number back.
    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="storage_use",
        editable=False,
        verbose_name=_("owner"),
    )
    stored_bytes = models.PositiveBigIntegerField(_("bytes kept"), default=0, editable=False)

    class Meta:
        verbose_name = _("space used")
        verbose_name_plural = _("space used")

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.owner_id}"
