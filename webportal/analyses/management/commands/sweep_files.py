"""``manage.py sweep_files``: delete the files of the storage that no row knows, all of them at once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from webportal.analyses.upkeep import orphans


class Command(BaseCommand):
    """What the worker does a few files at a time, and without its caution: here a person has looked."""

    help = "Delete files without a row that are older than an hour. Look with --dry-run first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options, all with defaults."""
        parser.add_argument("--dry-run", action="store_true", help="Name them and delete nothing.")
        parser.add_argument(
            "--older-than", type=float, default=orphans.GRACE / 60, help="Minutes; a younger one may still get its row."
        )

    def handle(self, *args: Any, dry_run: bool, older_than: float, **options: Any) -> None:
        """Go through the whole storage once."""
        looked_at = rowless = 0
        after, is_first = "", True
        while is_first or after:
            look = orphans.look(after=after, grace=older_than * 60)
            looked_at, rowless = looked_at + look.looked_at, rowless + len(look.orphans)
            after, is_first = look.next, False
            if dry_run:
                for name in look.orphans:
                    self.stdout.write(name)
            else:
                orphans.collect(look.orphans)
        done = "would be deleted" if dry_run else "deleted"
        self.stdout.write(f"{looked_at} files, {rowless} without a row {done}.")
