"""``manage.py seed_demo``: a demo user whose history is filled with the sample pictures."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from webportal.accounts.models import User
from webportal.analyses import access, reasons
from webportal.analyses.intake import sniffing
from webportal.analyses.intake.uploads import create_upload, digest_of, latest_of_same_file
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis
from webportal.refusal import Refused

_SUFFIXES: Final = (".png", ".jpg", ".jpeg")
#: In this folder lie pictures that are recordings, not beats.
_STRIPS_AND_PAGES: Final = "pictures"


class Command(BaseCommand):
    """Takes the way of every upload; what the inference server doesn't answer at once is left to the worker."""

    help = "Make a demo user, send the sample pictures in their name, and print how to log in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options, all with defaults."""
        parser.add_argument("--samples", type=Path, default=settings.BASE_DIR / "samples", help="Folder of pictures.")
        parser.add_argument("--username", default="demo", help="Name of the demo user.")

    def handle(self, *args: Any, samples: Path, username: str, **options: Any) -> None:
        """Safe to run again: pictures that are there already are not sent twice."""
        files = sorted(
            path
            for path in samples.rglob("*")
            if path.suffix.lower() in _SUFFIXES and path.parent != samples / _STRIPS_AND_PAGES
        )
        if not files:
            raise CommandError(f"There are no pictures in {samples}.")
        user, created = User.objects.get_or_create(username=username, defaults={"email": f"{username}@localhost"})
        if created:
            password = secrets.token_urlsafe(12)
            user.set_password(password)
            user.save()
            self.stdout.write(f"Demo user: {username}, password: {password}")
        else:
            self.stdout.write(f"Demo user: {username} (was there already, password unchanged)")
        sent = waiting = 0
        for path in files:
            data = path.read_bytes()
            sha256 = digest_of(data)
            if sniffing.reason_against_picture(data) or latest_of_same_file(access.own_analyses(user), sha256):
                continue
            # The folder is the kind that the sample shows: something to compare the answer with.
            label = path.parent.name if path.parent != samples else ""
            try:
                analysis = create_upload(owner=user, data=data, sha256=sha256, label=label)
            except Refused as refusal:
                raise CommandError(reasons.explain(refusal.reason).problem) from refusal
            running.try_at_once(analysis_id=analysis.pk, deadline=settings.INFERENCE_FAST_TIMEOUT)
            analysis.refresh_from_db()
            sent += 1
            waiting += analysis.state in Analysis.OPEN_STATES
        self.stdout.write(f"{sent} of {len(files)} pictures sent, {waiting} of them waiting for the worker.")
