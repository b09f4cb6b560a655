"""What a person sent."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def random_picture_name(upload: Upload, filename: str) -> str:
    """Where a picture is stored: a random name that says nothing about its owner or its original name."""
    name = uuid.uuid4().hex
    return f"pictures/{name[:2]}/{name}"


def random_thumbnail_name(upload: Upload, filename: str) -> str:
    """Where a thumbnail is stored, see :func:`random_picture_name`."""
    name = uuid.uuid4().hex
    return f"thumbnails/{name[:2]}/{name}"


def random_original_name(upload: Upload, filename: str) -> str:
    """Where an original is stored, see :func:`random_picture_name`."""
    name = uuid.uuid4().hex
    return f"originals/{name[:2]}/{name}"


class Upload(models.Model):
    """A picture that a person sent. Private to its owner."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads", verbose_name=_("owner")
    )
    picture = models.FileField(
        _("picture"),
        upload_to=random_picture_name,
        max_length=100,
        help_text=_("Upright and without metadata when it can be decoded, otherwise the bytes as sent."),
    )
    thumbnail = models.FileField(_("thumbnail"), upload_to=random_thumbnail_name, max_length=100, blank=True)
    original = models.FileField(
        _("original"),
        upload_to=random_original_name,
        max_length=100,
        blank=True,
        help_text=_("The bytes as sent, where the owner wished to keep them."),
    )
    media_type = models.CharField(_("media type"), max_length=20, help_text=_("image/png or image/jpeg"))
    width = models.PositiveIntegerField(_("width in pixels"), null=True, blank=True)
    height = models.PositiveIntegerField(_("height in pixels"), null=True, blank=True)
    size = models.PositiveIntegerField(_("size in bytes"), help_text=_("As sent."))
    stored_bytes = models.PositiveBigIntegerField(
        _("bytes kept"), default=0, editable=False, help_text=_("Of all its files; counts towards the owner's quota.")
    )
    sha256 = models.CharField(_("SHA-256"), max_length=64, help_text=_("Of the bytes as sent, hexadecimal."))
    label = models.CharField(
        _("label"),
        max_length=100,
        blank=True,
        help_text=_("A few words of your own to find it again. Don't write patient names here."),
    )
    file_name = models.CharField(
        _("file name"),
        max_length=255,
        blank=True,
        help_text=_("The name that the file had, where the owner wished to keep it."),
    )
    created_at = models.DateTimeField(_("uploaded"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        ordering = ["-created_at", "-id"]
        indexes = [
            # With the label, so that a person's labels are searched, newest first, without a look at the table.
            models.Index(fields=["owner", "-created_at", "-id", "label"], name="upload_owner_labels"),
            # The same for file names; few have one where names aren't stored.
            models.Index(
                fields=["owner", "-created_at", "-id", "file_name"],
                name="upload_owner_file_names",
                condition=~Q(file_name=""),
            ),
            models.Index(fields=["owner", "sha256"], name="upload_owner_digest"),
            models.Index(fields=["-created_at", "-id"], name="upload_newest"),
            # Whose a file is, for the sweep of those that are nobody's.
            models.Index(fields=["picture"], name="upload_picture"),
            models.Index(fields=["thumbnail"], name="upload_thumbnail"),
            models.Index(fields=["original"], name="upload_original"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0), name="upload_not_empty"),
            models.CheckConstraint(condition=~Q(sha256=""), name="upload_has_digest"),
            models.CheckConstraint(
                condition=Q(width__isnull=True, height__isnull=True)
                | Q(width__isnull=False, height__isnull=False, width__gt=0, height__gt=0),
                name="upload_dimensions_together",
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.id}"

    @property
    def is_viewable(self) -> bool:
        """Whether the picture could be decoded, so that showing it is safe and possible."""
        return self.width is not None

    @property
    def megapixels(self) -> float:
        """Width × height in millions; 0 for what can't be decoded."""
        return (self.width or 0) * (self.height or 0) / 1e6
