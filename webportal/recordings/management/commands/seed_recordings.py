"""``manage.py seed_recordings``: the sample recordings, sent in the name of a user."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webportal.accounts.models import User
from webportal.recordings import reasons, samples
from webportal.recordings.intake import receiving
from webportal.recordings.models import Recording
from webportal.refusal import Refused


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
    """Whether it wasn't there already."""
    recording_id = uuid.uuid5(uuid.NAMESPACE_URL, f"beatlens:sample:{user.pk}:{sample.key}")
    if Recording.objects.filter(pk=recording_id).exists():
        return False
    contents = [(path.name, path.read_bytes()) for path in sample.paths]
    recording = receiving.announce(
        owner=user,
        recording_id=recording_id,
        files=[receiving.Announced(name, len(content)) for name, content in contents],
        name=str(sample.title),
        keeps_names=True,
    )
    for number, (_name, content) in enumerate(contents):
        receiving.receive(recording=recording, number=number, offset=0, piece=content)
    return True
