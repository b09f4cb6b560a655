"""One beat of one's own picture of a strip or page, classified like a picture of one beat."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from typing import Final

from ecg import leads
from ecg.confinement import NoTurn
from ecg.pictures import confined
from ecg.pictures.cutting import Region
from ecg.pictures.pages.result import Lead

from webportal.accounts.models import User
from webportal.analyses.intake.pictures import Busy
from webportal.analyses.intake.taking import Taken, Wishes, take
from webportal.recordings.digitizing.stored import StoredPage, picture_limits
from webportal.recordings.models import Recording
from webportal.recordings.services.owning import require_own

#: A beat is at least so wide and high, pixels: no smaller picture is taken.
_LEAST_SIDE: Final = 16


class NotOnPicture(ValueError):  # noqa: N818 - reads as what is wrong
    """A region is too small, or lies outside of the picture."""


def pick_beat(*, actor: User, recording: Recording, region: Region, form_id: uuid.UUID) -> Taken:
    """Take what stands in ``region`` of one's own picture as a picture of one beat, once for the same form.

    Raises:
        PermissionDenied: it is somebody else's.
        NotOnPicture: nothing stands there.
        FileNotFoundError: the recording was not read from a picture.
        ImageError: the stored picture can't be read any more.
        Refused: it can't be taken now; see :func:`webportal.analyses.intake.taking.take`.
    """
    require_own(actor, recording)
    page = StoredPage(recording)
    reading = page.found().reading
    inside = _inside(region, reading.size)
    try:
        data = confined.cut_out(page.picture, picture_limits(), inside, reading.degrees)
    except NoTurn as error:
        raise Busy from error
    wishes = Wishes(label=recording.name, lead=_lead_at(inside, reading.leads))
    return take(owner=actor, form_id=form_id, place=0, entry=0, name="", data=data, wishes=wishes)


def _lead_at(region: Region, found: Sequence[Lead]) -> str:
    """The lead in the middle of the region, by its usual name; empty where none has a name that was read or stated."""
    x, y = (region[0] + region[2]) / 2, (region[1] + region[3]) / 2
    names = {
        leads.resolve(lead.name)
        for lead in found
        if lead.name_read and lead.box[0] <= x <= lead.box[2] and lead.box[1] <= y <= lead.box[3]
    }
    return (names.pop() or "") if len(names) == 1 else ""


def _inside(region: Region, size: tuple[int, int]) -> Region:
    if not all(map(math.isfinite, region)):
        raise NotOnPicture("A region has four numbers.")
    left, top, right, bottom = region
    inside = max(0.0, left), max(0.0, top), min(float(size[0]), right), min(float(size[1]), bottom)
    if min(inside[2] - inside[0], inside[3] - inside[1]) < _LEAST_SIDE:
        raise NotOnPicture("That part is too small, or lies outside of the picture.")
    return inside
