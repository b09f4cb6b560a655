"""The declared order of the rooms, and of the entries of each room, from the ground up.

Whoever adds an entry to a room, a folder or a file, says here where it stands. What stands on one level does not import
each other. ``__init__`` says what a room is and imports nothing of it; ``__main__`` is above everything.
"""

from __future__ import annotations

from typing import Final

Order = tuple[frozenset[str], ...]
"""The levels, from the ground up."""


def _order(text: str) -> Order:
    """A line a level, from the ground up."""
    return tuple(frozenset(line.split()) for line in text.strip().splitlines())


ROOMS: Final = _order("""
    ecg protos
    inference_server
    training webportal archive
    launcher benchmarks
""")

ENTRIES: Final[dict[str, Order]] = {
    "ecg": _order("""
        classes confinement digital faults leads pyramid recording_reasons store_files
        recording_errors
        recording
        beats store
        ec57 pictures signal
        formats peaks
        quality
        features
        families rhythm
    """),
    "protos": _order("""
        generate
    """),
    "inference_server": _order("""
        generated
        classification runtime
        client exports models
        recordings
        workers
        rpc
        fronts
        commands
    """),
    "training": _order("""
        packed
        databases
        synthetic
        pictures
        pages recipes
        datasets
        learning
        evaluation
        export publishing submission
        commands
    """),
    "webportal": _order("""
        log_format
        database_errors formats logs media problems refusal settings wsgi
        disk paging searching
        errors
        accounts observability
        inference read_only_admin
        audit health pages
        analyses
        recordings
        api backups connections operations trial
        gunicorn_conf urls
    """),
    "archive": _order("""
        items job
        listing storage tables
        engine frames written
        parts
        isolation
        cluster
        child commands
    """),
    "launcher": _order("""
        errors tied
        folder health ports
        system
    """),
    "benchmarks": _order("""
        processes
        recordings serving training
        archive digitization portal
        batching endurance pictures portal_endurance viewer
    """),
}
