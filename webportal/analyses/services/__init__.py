"""Every change to uploads and analyses. Each function checks, opens its transaction and validates in full."""

from __future__ import annotations

from webportal.analyses.services.analysing import (
    backoff,
    claim,
    create_upload,
    enqueue,
    fields_of,
    requeue_failed,
    run,
    run_again,
    run_several_again,
    try_at_once,
)
from webportal.analyses.services.batching import (
    add_archive,
    add_picture,
    add_refused,
    begin_batch,
    drop_batch,
    forget_file_names,
    rename_batch,
    restore_batch,
    take,
    trash_batch,
)
from webportal.analyses.services.reading import begin_round
from webportal.analyses.services.reviewing import (
    review,
    share_analyses,
    unshare_analyses,
    withdraw_review,
)
from webportal.analyses.services.trashing import (
    delete_analysis,
    empty_trash,
    restore_all,
    restore_analysis,
    trash_analyses,
    trash_analysis,
)

__all__ = [
    "add_archive",
    "add_picture",
    "add_refused",
    "backoff",
    "begin_batch",
    "begin_round",
    "claim",
    "create_upload",
    "delete_analysis",
    "drop_batch",
    "empty_trash",
    "enqueue",
    "fields_of",
    "forget_file_names",
    "rename_batch",
    "requeue_failed",
    "restore_all",
    "restore_analysis",
    "restore_batch",
    "review",
    "run",
    "run_again",
    "run_several_again",
    "share_analyses",
    "take",
    "trash_analyses",
    "trash_analysis",
    "trash_batch",
    "try_at_once",
    "unshare_analyses",
    "withdraw_review",
]
