"""``manage.py restore SOURCE``: what ``manage.py backup`` has put into a folder, back in its place."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webportal.backups.errors import BackupError
from webportal.backups.restoring import restore


class Command(BaseCommand):
    """Bring a backup back; nothing else may run meanwhile."""

    help = "Bring back a backup into an empty installation. Stop everything else first."
    # The tables may be anything, or none.
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where from, and what may be lost by it."""
        parser.add_argument("source", type=Path, help="A folder that the command backup has made.")
        parser.add_argument(
            "--force",
            action="store_true",
            help="Also where something is: files and SQLite are moved aside, a PostgreSQL database is replaced.",
        )
        parser.add_argument(
            "--without-second-factors",
            action="store_true",
            help="Also without the secret key of the backup: second factors are removed.",
        )

    def handle(self, *args: Any, source: Path, force: bool, without_second_factors: bool, **options: Any) -> None:
        """Bring it back, and say what came."""
        os.umask(0o077)
        try:
            done = restore(source.absolute(), force=force, without_second_factors=without_second_factors)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"As it was at {done.made}: the database and {done.files} files. Everybody logs in again.")
        for folder in done.aside:
            self.stdout.write(f"What was here lies in {folder}; delete it when nobody misses anything.")
        if done.missing:
            self.stderr.write(self.style.WARNING(f"{len(done.missing)} files that rows name were not in the backup."))
        if done.unreadable_factors:
            outcome = "were removed" if without_second_factors else "don't work: an earlier secret key is missing here"
            self.stderr.write(self.style.WARNING(f"{done.unreadable_factors} second factors {outcome}."))
