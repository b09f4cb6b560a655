"""Edits in words: what was done, and why something can't be done."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from inference_server.classification import BeatClass

from webportal.pages.catalogue import translated
from webportal.recordings.editing.edits import NOT_A_BEAT, Edit, EditKind, EditRefused


def class_name(short: str, classes: Sequence[BeatClass]) -> str:
    """A class in the reader's language."""
    if short == NOT_A_BEAT:
        return _("No beat")
    name = next((kind.name for kind in classes if kind.short == short), short)
    return translated(name) or short


def said_of(edit: Edit, classes: Sequence[BeatClass]) -> str:
    """What was done, a sentence."""
    payload = edit.payload
    kind = class_name(str(payload.get("class", "")), classes)
    beats = len(payload.get("beats", ()))
    match edit.kind:
        case EditKind.RENAME:
            return _("Family %(family)d was called %(kind)s.") % {"family": payload["family"], "kind": kind}
        case EditKind.RECLASSIFY:
            return ngettext("%(beats)d beat was called %(kind)s.", "%(beats)d beats were called %(kind)s.", beats) % {
                "beats": beats,
                "kind": kind,
            }
        case EditKind.SPLIT:
            return ngettext(
                "%(beats)d beat of family %(family)d became a family of its own.",
                "%(beats)d beats of family %(family)d became a family of their own.",
                beats,
            ) % {"beats": beats, "family": payload["family"]}
        case EditKind.MERGE:
            families = ", ".join(map(str, payload["families"]))
            words = ngettext(
                "Family %(families)s was put into family %(into)d, as %(kind)s.",
                "Families %(families)s were put into family %(into)d, as %(kind)s.",
                len(payload["families"]),
            )
            return words % {"families": families, "into": payload["into"], "kind": kind}
        case EditKind.MOVE:
            return ngettext(
                "%(beats)d beat was moved to family %(into)d, as %(kind)s.",
                "%(beats)d beats were moved to family %(into)d, as %(kind)s.",
                beats,
            ) % {"beats": beats, "into": payload["into"], "kind": kind}
        case EditKind.UNDO:
            return _("Correction %(number)d was taken back.") % {"number": payload["edit"]}


def why_refused(refused: EditRefused) -> str:
    """Why an edit can't be done, a sentence or two."""
    words = {
        "NO_ANSWER": _("There is no answer to correct yet."),
        "FAMILY_UNKNOWN": _("There is no such family any more. Somebody may have changed it meanwhile."),
        "NO_BEATS": _("Choose the beats first."),
        "BEAT_UNKNOWN": _("One of these beats is not of this recording."),
        "CLASS_UNKNOWN": _("Choose one of the kinds."),
        "BEAT_OF_OTHER_FAMILY": _("One of these beats is in another family by now. Look again."),
        "WHOLE_FAMILY": _("All beats of the family are chosen; nothing would be left in it."),
        "NOTHING_MOVES": _("They are in that family already."),
        "TOO_MANY_BEATS": _("That is too many beats for one correction. Split the family instead."),
        "EDIT_UNKNOWN": _("There is no such correction."),
        "EDIT_UNDONE": _("That correction was taken back already."),
        "EDIT_IN_USE": _("Later corrections build on that one. Take those back first."),
    }
    return words.get(refused.reason, str(refused))
