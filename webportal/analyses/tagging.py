"""Notes and tags: what a person writes to themselves about their own analyses."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Collection

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from webportal.accounts.models import User
from webportal.analyses.models import Analysis, Tag

#: Most tags of one analysis.
MAX_TAGS = 20
#: Most tags of one person.
MAX_TAGS_OF_OWNER = 200


def tag_names(text: str) -> list[str]:
    """The tags in a comma-separated ``text``, each once, in the writing that came first.

    Raises:
        ValidationError: a tag is too long, or there are too many.
    """
    names: dict[str, str] = {}
    for part in text.split(","):
        name = " ".join(unicodedata.normalize("NFC", part).split())
        if len(name) > (longest := Tag._meta.get_field("name").max_length or 0):
            raise ValidationError(_("A tag has at most %(max)d characters."), code="long", params={"max": longest})
        if name:
            names.setdefault(name.lower(), name)
    if len(names) > MAX_TAGS:
        raise ValidationError(_("An analysis has at most %(max)d tags."), code="many", params={"max": MAX_TAGS})
    return list(names.values())


def annotate(*, actor: User, analysis: Analysis, notes: str, tags: Collection[str]) -> None:
    """Replace the notes and tags of one's own analysis.

    Raises:
        PermissionDenied: it is somebody else's.
        ValidationError: the notes are too long, or the owner has too many tags.
    """
    if analysis.owner_id != actor.pk:
        raise PermissionDenied
    with transaction.atomic():
        analysis.notes = notes
        analysis.clean_fields(exclude=[field.name for field in Analysis._meta.fields if field.name != "notes"])
        Analysis.objects.filter(pk=analysis.pk).update(notes=notes)
        analysis.tags.set([_tag(actor, name) for name in tags])
        _forget_unused(actor)


def tag_analyses(*, actor: User, ids: Collection[uuid.UUID], names: Collection[str]) -> int:
    """Add tags to those of one's own analyses with these ids; returns how many analyses there were.

    Raises:
        ValidationError: an analysis or its owner would have too many tags.
    """
    with transaction.atomic():
        tags = [_tag(actor, name) for name in names]
        analyses = list(Analysis.objects.filter(owner=actor, pk__in=ids).prefetch_related("tags"))
        for analysis in analyses:
            if len({*analysis.tags.all(), *tags}) > MAX_TAGS:
                raise ValidationError(_("An analysis has at most %(max)d tags."), code="many", params={"max": MAX_TAGS})
        pairs = [Analysis.tags.through(analysis=analysis, tag=tag) for analysis in analyses for tag in tags]
        Analysis.tags.through.objects.bulk_create(pairs, ignore_conflicts=True, batch_size=500)
        _forget_unused(actor)
    return len(analyses)


def untag_analyses(*, actor: User, ids: Collection[uuid.UUID], names: Collection[str]) -> int:
    """Take tags from those of one's own analyses with these ids; returns how many analyses there were."""
    analyses = Analysis.objects.filter(owner=actor, pk__in=ids)
    with transaction.atomic():
        for name in names:
            Analysis.tags.through.objects.filter(
                tag__owner=actor, tag__name__iexact=name, analysis__in=analyses
            ).delete()
        _forget_unused(actor)
    return analyses.count()


def _tag(owner: User, name: str) -> Tag:
    tag = Tag.objects.filter(owner=owner, name__iexact=name).first()
    if tag is None:
        if Tag.objects.filter(owner=owner).count() >= MAX_TAGS_OF_OWNER:
            raise ValidationError(
                _("You have %(max)d tags already; use one of them."), code="many", params={"max": MAX_TAGS_OF_OWNER}
            )
        tag = Tag(owner=owner, name=name)
        tag.full_clean()
        tag.save(force_insert=True)
    return tag


def _forget_unused(owner: User) -> None:
    Tag.objects.filter(owner=owner, analyses__isnull=True).delete()
