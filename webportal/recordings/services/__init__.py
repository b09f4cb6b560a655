"""Every change to what is there already. Each function checks, opens its transaction and validates in full."""

from __future__ import annotations

from webportal.recordings.services.analysing import answer, ask_again, cancel, requeue_failed
from webportal.recordings.services.checking import confirm_page, correct_page, insist, may_insist
from webportal.recordings.services.editing import edit
from webportal.recordings.services.keeping import (
    delete_recording,
    empty_trash,
    rename,
    restore_all,
    restore_recording,
    share,
    trash_recordings,
    unshare,
)
from webportal.recordings.services.picking import pick_beat
from webportal.recordings.services.sampling import send_sample

__all__ = [
    "answer",
    "ask_again",
    "cancel",
    "confirm_page",
    "correct_page",
    "delete_recording",
    "edit",
    "empty_trash",
    "insist",
    "may_insist",
    "pick_beat",
    "rename",
    "requeue_failed",
    "restore_all",
    "restore_recording",
    "send_sample",
    "share",
    "trash_recordings",
    "unshare",
]
