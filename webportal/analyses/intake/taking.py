"""One picture of a form: taken once, however often the form arrives and whether or not the file was sent before."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from webportal.accounts.models import User
from webportal.analyses import access, once
from webportal.analyses.intake import file_names, pictures
from webportal.analyses.intake.again import ask_again
from webportal.analyses.intake.uploads import create_upload, digest_of, latest_of_same_file
from webportal.analyses.models import Analysis


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the owner wishes for all the files of a form."""

    label: str = ""
    lead: str = ""
    """What the beats were recorded in, by its usual name; empty where nobody says."""
    keep_original: bool = False
    keep_names: bool = False
    comes_again: bool = False
    """Whether who sends waits and sends once more what can't be taken now: that is then raised and leaves no trace."""

    def name(self, sent: str) -> str:
        """As much of a file's name as is stored."""
        return file_names.tidy(sent) if self.keep_names else ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one picture."""

    analysis: Analysis | None
    reason: str = ""
    """Reason code where it was not accepted."""
    is_repeated: bool = False
    """Whether the very same file was sent before; ``analysis`` is then the earlier one."""


def take(*, owner: User, form_id: uuid.UUID, place: int, entry: int, name: str, data: bytes, wishes: Wishes) -> Taken:
    """Store one picture, once for the same form and place, and the question about it.

    A file that was sent before is not stored again. Where another lead is named than then, it is asked about anew.

    Raises:
        PermissionDenied: ``owner`` may not upload.
        Refused: nothing is wrong with it, but it can't be taken now; see
            :func:`~webportal.analyses.intake.uploads.create_upload`.
    """
    analysis_id = once.made_by(form_id, place, entry)
    sha256 = digest_of(data)
    own = access.own_analyses(owner)
    earlier = latest_of_same_file(own.filter(lead=wishes.lead) if wishes.lead else own, sha256)
    if earlier is not None:
        return Taken(earlier, is_repeated=earlier.pk != analysis_id)
    if wishes.lead and (in_another := latest_of_same_file(own, sha256)):
        return Taken(ask_again(in_another, lead=wishes.lead, another_id=analysis_id))
    try:
        analysis = create_upload(
            owner=owner,
            data=data,
            sha256=sha256,
            label=wishes.label,
            lead=wishes.lead,
            file_name=wishes.name(name),
            keep_original=wishes.keep_original,
            analysis_id=analysis_id,
        )
    except pictures.Unusable as refusal:
        return Taken(None, refusal.reason)
    return Taken(analysis)
