"""``manage.py seed_recordings``: the sample recordings, sent in the name of a user."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from webportal.accounts.models import User
from webportal.recordings import reasons, samples, services
from webportal.recordings.intake import receiving
from webportal.recordings.models import Recording
from webportal.refusal import Refused

_TO_BE_CHECKED: Final = "page-photograph"


class Command(BaseCommand):
    """Takes the way of every upload; they are read and analysed by the worker."""

    help = "Send the sample recordings in the name of a user."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options, all with defaults."""
        parser.add_argument("--username", default="demo", help="In whose name.")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        """Safe to run again: recordings that are there already are not sent twice."""
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username}.")
        try:
            sent = [sample for sample in samples.every() if _send(user, sample)]
        except (Refused, receiving.NotTaken) as refusal:
            raise CommandError(reasons.explain(refusal.reason).problem) from refusal
        self.stdout.write(f"{len(sent)} of {len(samples.every())} recordings sent; the worker reads them.")


def _send(user: User, sample: samples.SampleRecording) -> bool:
    """Whether it wasn't there already. Of the pictures one is left to be looked at."""
    recording_id = uuid.uuid5(uuid.NAMESPACE_URL, f"beatlens:sample:{user.pk}:{sample.key}")
    if Recording.objects.filter(pk=recording_id).exists():
        return False
    is_confirmed = sample.is_picture and sample.key != _TO_BE_CHECKED
    services.send_sample(owner=user, sample=sample, recording_id=recording_id, is_confirmed=is_confirmed)
    return True
