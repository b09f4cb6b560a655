"""Families of beats: look at them, correct them, take a correction back."""

from __future__ import annotations

import uuid
from typing import Any

from allauth.decorators import rate_limit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from webportal.accounts.current import current_user
from webportal.analyses import once
from webportal.recordings import access, corrections, edit_words, services, summaries
from webportal.recordings.beats_file import BeatsFileDamaged
from webportal.recordings.editing.edits import EditKind, EditRefused, in_force
from webportal.recordings.editing.families import EditedBeats
from webportal.recordings.family_pages import MEMBERS_ON_A_PAGE, ORDERS, FamilyPages, edit_lines
from webportal.recordings.models import RecordingAnalysis


@login_required
@require_safe
@never_cache
def families(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """Every family with its typical beat, and what was corrected."""
    analysis, edited = _read(request, recording_id)
    order = request.GET.get("order", ORDERS[0])
    pages = FamilyPages(analysis, edited)
    cards = pages.cards(order if order in ORDERS else ORDERS[0])
    edits = corrections.edits_of(analysis)
    context = _context(request, analysis) | {
        "cards": cards,
        "order": order,
        "orders": {"doubt": _("most doubtful first"), "size": _("largest first"), "number": _("by number")},
        "choices": pages.choices(),
        "leads": pages.leads,
        "gain": pages.gain,
        "edits": edit_lines(analysis, edits, edited, current_user(request)),
        "last": max((edit.number for edit in in_force(edits)), default=None),
        "comparison": summaries.comparison(analysis),
    }
    return render(request, "recordings/families.html", context)


@login_required
@require_safe
@never_cache
def family(request: HttpRequest, recording_id: uuid.UUID, number: int) -> HttpResponse:
    """The beats of one family, the least typical first, a page at a time."""
    analysis, edited = _read(request, recording_id)
    try:
        own = edited.family(number)
    except EditRefused as error:
        raise Http404 from error
    pages = FamilyPages(analysis, edited)
    page = Paginator(own.members, MEMBERS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = _context(request, analysis) | {
        "card": pages.card(own),
        "page": page,
        "members": pages.members(page.object_list),  # type: ignore[arg-type]
        "others": [other for other in sorted(edited.known) if other != number],
        "choices": pages.choices(),
        "leads": pages.leads,
        "gain": pages.gain,
    }
    return render(request, "recordings/family.html", context)


@login_required
@require_POST
@rate_limit(action="edit")  # type: ignore[untyped-decorator]
@never_cache
def edit(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """Write down one correction."""
    analysis, edited = _read(request, recording_id, is_part=True)
    try:
        kind = EditKind(request.POST.get("kind", ""))
        payload = _payload(request, edited)
        # One form has a button for each kind of each family.
        made_id = once.made_by(once.id_in(request), analysis.pk, request.POST.get("named", ""))
        made = services.edit(
            actor=current_user(request), analysis=analysis, kind=kind, payload=payload, edit_id=made_id
        )
    except (ValueError, KeyError) as error:
        raise BadRequest("No such correction.") from error
    except EditRefused as refused:
        messages.warning(request, edit_words.why_refused(refused))
        return redirect(_back(request, recording_id, edited.known))
    after = corrections.edited(analysis)
    done = next(one for one in corrections.edits_of(analysis) if one.number == made.number)
    messages.success(request, edit_words.said_of(done, edited.answer.model.classes))
    return redirect(_back(request, recording_id, after.known))


def _read(
    request: HttpRequest, recording_id: uuid.UUID, *, is_part: bool = False
) -> tuple[RecordingAnalysis, EditedBeats]:
    """The answer that the page shows: the newest, or the one that a form names."""
    user = current_user(request)
    try:
        named = request.POST.get("analysis") if request.method == "POST" else None
        analysis = access.readable_analysis(user, recording_id, uuid.UUID(named) if named else None, is_part=is_part)
        return analysis, corrections.edited(analysis)
    except (BeatsFileDamaged, FileNotFoundError, ValueError) as error:
        raise Http404 from error


def _context(request: HttpRequest, analysis: RecordingAnalysis) -> dict[str, Any]:
    user = current_user(request)
    return {
        "recording": analysis.recording,
        "analysis": analysis,
        "is_owner": analysis.owner_id == user.pk,
        "may_edit": access.may_edit(user, analysis.recording),
    }


def _payload(request: HttpRequest, edited: EditedBeats) -> dict[str, Any]:
    """What the form says, as far as it says anything."""
    sent = request.POST
    payload: dict[str, Any] = {name: sent[name] for name in ("family", "into", "class", "edit") if sent.get(name)}
    if named := sent.get("named"):
        payload["family"], payload["class"] = named.split(" ", 1)
    payload["families"] = sent.getlist("families")
    payload["beats"] = sent.getlist("beats")
    if sent.get("worst"):
        members = edited.family(int(payload["family"])).members
        payload["beats"] = members[: max(0, int(sent["worst"]))].tolist()
    return payload


def _back(request: HttpRequest, recording_id: uuid.UUID, known: frozenset[int]) -> str:
    """The page from which the form came: that of a family while there is one, else the list in its order."""
    shown = request.POST.get("shown", "")
    if shown.isdecimal() and int(shown) in known:
        return reverse("recordings:family", args=[recording_id, int(shown)])
    order = request.POST.get("order", "")
    address = reverse("recordings:families", args=[recording_id])
    return f"{address}?order={order}" if order in ORDERS else address
