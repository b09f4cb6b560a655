"""Every change to what is there already. Each function checks, opens its transaction and validates in full."""

from __future__ import annotations

from webportal.analyses.services.batching import forget_file_names, rename_batch, restore_batch, trash_batch
from webportal.analyses.services.reading import begin_round
from webportal.analyses.services.repeating import requeue_failed, run_again, run_several_again
from webportal.analyses.services.reviewing import review, share_analyses, unshare_analyses, withdraw_review
from webportal.analyses.services.trashing import (
    delete_analysis,
    empty_trash,
    restore_all,
    restore_analysis,
    trash_analyses,
    trash_analysis,
)

__all__ = [
    "begin_round",
    "delete_analysis",
    "empty_trash",
    "forget_file_names",
    "rename_batch",
    "requeue_failed",
    "restore_all",
    "restore_analysis",
    "restore_batch",
    "review",
    "run_again",
    "run_several_again",
    "share_analyses",
    "trash_analyses",
    "trash_analysis",
    "trash_batch",
    "unshare_analyses",
    "withdraw_review",
]
