"""What a page says about how far a recording is."""

from __future__ import annotations

from typing import Any

from webportal.accounts.models import User
from webportal.recordings import queries, reasons, services
from webportal.recordings.digitizing.answers import is_asked
from webportal.recordings.forms import AnswersForm, RenamingForm
from webportal.recordings.models import Recording
from webportal.recordings.views.sending import limits, pieces_of


def state_of(recording: Recording, user: User) -> dict[str, Any]:
    """What ``recordings/parts/state.html`` shows to ``user``.

    ``mark`` tells pages apart that show different things: whoever has another one needs the whole page anew.
    """
    analysis = queries.newest_analysis(recording)
    reason = analysis.reason if analysis is not None and not recording.reason else recording.reason
    context: dict[str, Any] = {
        "recording": recording,
        "analysis": analysis,
        "is_owner": recording.owner_id == user.pk,
        "explanation": reasons.explain(reason) if reason else None,
        "warnings": [reasons.warning(warning) for warning in recording.warnings],
        "is_open": recording.is_open or (analysis is not None and analysis.is_open),
        "may_insist": recording.owner_id == user.pk and services.may_insist(recording),
        "mark": f"{recording.state}-{analysis.state if analysis and not analysis.is_open else ''}",
        "renaming": RenamingForm(initial={"name": recording.name}),
    }
    if recording.state == Recording.State.RECEIVING:
        pieces = pieces_of(recording)
        context |= {"pieces": pieces, "received": sum(piece["received"] for piece in pieces)}
        context |= limits()
    if is_asked(recording):
        context |= {"is_page": True}
    elif recording.state == Recording.State.ASKING:
        context |= {"form": AnswersForm(recording.questions)}
    if analysis is not None and recording.samples:
        context |= {"percent": round(100 * min(1.0, analysis.done_samples / recording.samples))}
    return context
