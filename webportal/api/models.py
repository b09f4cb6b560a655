"""Access tokens of people's programs, and the keys by which a program's calls are made once."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AccessToken(models.Model):
    """Lets a program act for its owner, as far as its scopes reach. Of the secret only a digest is stored."""

    class Scope(models.TextChoices):
        """What a token may be used for."""

        READ = "read", _("read pictures, recordings and what is said of them, and export it")
        UPLOAD = "upload", _("send pictures and recordings, and have them analysed again")
        REVIEW = "review", _("write down readings, and correct beats")
        EDIT = "edit", _("change notes, tags and names, share, delete and restore")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="access_tokens",
        editable=False,
        verbose_name=_("owner"),
    )
    name = models.CharField(_("name"), max_length=64, help_text=_("The program that will use it."))
    scopes = models.JSONField(_("scopes"), default=list, editable=False)
    digest = models.CharField(_("digest"), max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["owner", "-created_at", "-id"], name="api_token_owner_newest")]
        constraints = [models.CheckConstraint(condition=~Q(name="") & ~Q(digest=""), name="api_token_named")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.id}"

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at <= timezone.now()

    @property
    def allowed(self) -> list[AccessToken.Scope]:
        """What it may be used for."""
        return [scope for scope in self.Scope if scope.value in self.scopes]


class IdempotencyKey(models.Model):
    """A key that a program gave to a call. What the call makes gets ids that follow from this row's, so that the
    database itself makes it once (:mod:`webportal.analyses.once`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", editable=False)
    digest = models.CharField(max_length=64, editable=False, help_text=_("SHA-256 of the key."))
    fingerprint = models.CharField(max_length=64, editable=False, help_text=_("SHA-256 of the call."))
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        indexes = [models.Index(fields=["made_at"], name="api_key_oldest")]
        constraints = [models.UniqueConstraint(fields=["owner", "digest"], name="api_key_once_per_owner")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.id}"
