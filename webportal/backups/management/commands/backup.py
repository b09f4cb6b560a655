"""``manage.py backup TARGET``: everything that people entrusted to this installation, in one new folder."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webportal.backups.errors import BackupError
from webportal.backups.taking import take


class Command(BaseCommand):
    """Make a backup; everything may go on running."""

    help = "Copy database, people's files and, where it is stored in a file, the secret key into a new folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to, and whether with the key."""
        parser.add_argument("target", type=Path, help="A folder that is not there yet.")
        parser.add_argument(
            "--include-key", action="store_true", help="Also write down a secret key that comes from the environment."
        )

    def handle(self, *args: Any, target: Path, include_key: bool, **options: Any) -> None:
        """Make it, and say what is in it and what isn't."""
        os.umask(0o077)
        try:
            taken = take(target.absolute(), include_key=include_key)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{target}: the database and {taken.files} files.")
        if taken.deleted:
            self.stdout.write(f"{len(taken.deleted)} more were deleted while it was made.")
        if taken.missing:
            self.stderr.write(
                self.style.ERROR(
                    f"LOST BEFORE: {len(taken.missing)} files that rows name are not there, see manifest.json."
                )
            )
        if taken.has_key:
            self.stdout.write("The secret key is in it: whoever has this folder can read all and log in as anybody.")
        else:
            self.stderr.write(
                self.style.WARNING(
                    "THE SECRET KEY IS NOT IN IT. Keep BEATLENS_SECRET_KEY and what BEATLENS_SECRET_KEY_FALLBACKS "
                    "names somewhere else: without them no second factor works after a restoration."
                )
            )
