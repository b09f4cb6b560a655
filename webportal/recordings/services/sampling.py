"""A sample sent in somebody's name, like any recording that they send themselves."""

from __future__ import annotations

import uuid

from webportal.accounts.models import User
from webportal.recordings.digitizing.answers import ABOUT, PageAnswers
from webportal.recordings.intake import receiving
from webportal.recordings.models import Recording
from webportal.recordings.samples import SampleRecording


def send_sample(
    *, owner: User, sample: SampleRecording, recording_id: uuid.UUID, is_confirmed: bool = False
) -> Recording:
    """Send one, once under an id; of a picture ``is_confirmed`` says beforehand that it will be read rightly.

    Raises:
        PermissionDenied, NotTaken, Refused: as :func:`webportal.recordings.intake.receiving.announce`.
    """
    contents = [(path.name, path.read_bytes()) for path in sample.paths]
    recording = receiving.announce(
        owner=owner,
        recording_id=recording_id,
        files=[receiving.Announced(name, len(content)) for name, content in contents],
        name=str(sample.title),
        keeps_names=True,
    )
    if is_confirmed:
        recording.answers = {ABOUT: PageAnswers(is_confirmed=True).to_json()}
        recording.save(update_fields=["answers"])
    for number, (_name, content) in enumerate(contents):
        there = receiving.received(recording, number)
        receiving.receive(recording=recording, number=number, offset=there, piece=content[there:])
    return recording
