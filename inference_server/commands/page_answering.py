"""Where the answers about strips and pages come from: this process, or a running server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ecg.pictures.decoding import ImageError
from ecg.pictures.kinds import NATIVE, Kind
from ecg.pictures.pages.corrections import NOTHING, Corrections
from ecg.pictures.pages.result import REFUSALS, PageReading
from ecg.pictures.pages.result import Kind as Shown
from inference_server.classification.page_messages import Digitized
from inference_server.commands.answering import Ask, NoAnswer, patiently
from inference_server.runtime.settings import Settings

if TYPE_CHECKING:
    from inference_server.client import ArrhythmiaClient

TAKEN: Final = NATIVE | {Kind.PDF}
"""What is read as it is: traces of a PDF are lines, which a picture of it would lose."""
ONE_BEAT: Final = "PICTURE_ONE_BEAT"
"""The reason why a picture of one beat is not digitised."""


def in_process(settings: Settings, corrections: Corrections = NOTHING) -> Ask[Digitized]:
    """Pictures are read here, within the limits of the settings; ``corrections`` are stated of each."""
    from ecg.pictures.pages.reading import go_on_always
    from inference_server.models.page_model import newest
    from inference_server.workers.page_tasks import PageTask
    from inference_server.workers.page_work import digitized

    network = newest(settings.models / settings.page_model_name)

    def ask(image: bytes) -> Digitized | NoAnswer:
        task = PageTask(image, corrections, with_overlay=True)
        try:
            return digitized(task, settings.image_limits, network, go_on_always)
        except ImageError as error:
            return NoAnswer(error.reason, str(error))

    return ask


def by_client(client: ArrhythmiaClient, corrections: Corrections = NOTHING) -> Ask[Digitized]:
    """Pictures are read by a running server, which is asked again for a while where it says when to come back."""
    return lambda image: patiently(lambda: client.digitize(image, corrections=corrections))


def refusal(reading: PageReading) -> NoAnswer | None:
    """Why there are no leads in a picture; None where there are."""
    if reading.leads:
        return None
    if reading.kind is Shown.BEAT:
        return NoAnswer(ONE_BEAT, "The picture shows one beat: classify it.")
    if reading.reason is None:
        return NoAnswer("PICTURE_NOT_READ", "Nothing was read of the picture.")
    return NoAnswer(reading.reason, REFUSALS[reading.reason])
