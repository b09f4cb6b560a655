"""What a model relied on in a picture, asked of the model that gave the answer: the evidence for a class, the line."""

from __future__ import annotations

import io

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _
from inference_server.classification import SaliencyMap, Trace
from inference_server.client import CallFailed, ClientError, ServerUnavailable
from PIL import Image, ImageStat

from webportal.analyses.models import Analysis, Upload
from webportal.errors import log_unexpected
from webportal.inference import client
from webportal.observability import metrics

#: Largest overlay, pixels: the map behind it is far coarser than any screen.
OVERLAY_SIZE = (480, 480)
#: Colour of the strongest evidence, red, green, blue: told from black and from paper by every kind of eyes.
COLOUR = (230, 97, 0)
#: How much of the picture the strongest evidence covers, 0 to 255.
STRONGEST = 170
#: How long an overlay is remembered, seconds, so that showing and hiding it asks the server once.
REMEMBERED = 600


class NoEvidence(Exception):  # noqa: N818 - reads as what happened
    """The evidence can't be shown now. ``str(error)`` is a sentence for people."""


def overlay(analysis: Analysis, short: str) -> bytes:
    """A transparent PNG in the proportions of the picture, the more opaque the stronger the evidence for ``short``.

    Raises:
        NoEvidence: the server can't be reached, or has the model no more.
    """
    key = f"evidence:{analysis.upload_id}:{analysis.model_version}:{short}"
    drawn: bytes | None = cache.get(key)
    if drawn is None:
        drawn = _tinted(_asked(analysis, short).png)
        cache.set(key, drawn, REMEMBERED)
    return drawn


def trace(analysis: Analysis) -> Trace:
    """The line that the model read of the picture.

    Raises:
        NoEvidence: the server can't be reached, has the model no more, or found no line.
    """
    key = f"trace:{analysis.upload_id}:{analysis.model_version}"
    trace: Trace | None = cache.get(key)
    if trace is None:
        trace = _asked(analysis).trace
        if trace is None:
            raise NoEvidence(_("The model found no line in this picture."))
        cache.set(key, trace, REMEMBERED)
    return trace


def is_dark_paper(upload: Upload) -> bool:
    """Whether the picture is a light trace on dark paper, over which evidence has to lighten instead of darken."""
    try:
        with upload.thumbnail.open("rb") as file, Image.open(file, formats=["PNG"]) as thumbnail:
            return bool(ImageStat.Stat(thumbnail.convert("L")).median[0] < 128)
    except FileNotFoundError:
        return False


def _asked(analysis: Analysis, short: str | None = None) -> SaliencyMap:
    try:
        with analysis.upload.picture.open("rb") as file:
            data = file.read()
    except FileNotFoundError as missing:
        raise NoEvidence(_("The file of this picture is missing.")) from missing
    try:
        with metrics.call("explain"):
            answer = client().explain(
                data, beat_class=short, model_version=analysis.model_version, timeout=settings.INFERENCE_FAST_TIMEOUT
            )
    except ServerUnavailable as absence:
        raise NoEvidence(_("The analysis service is unavailable right now. Try again in a minute.")) from absence
    except CallFailed as failure:
        if failure.code == "NOT_FOUND":
            gone = _("The model version that gave this answer is no longer in service. Run the analysis again.")
            raise NoEvidence(gone) from failure
        raise _failed(analysis, failure) from failure
    except ClientError as failure:
        raise _failed(analysis, failure) from failure
    return answer


def _failed(analysis: Analysis, failure: ClientError) -> NoEvidence:
    error_id = log_unexpected(f"the evidence of analysis {analysis.pk}", failure)
    return NoEvidence(_("The evidence can’t be shown. An administrator can look up this id: %(id)s") % {"id": error_id})


def _tinted(grey: bytes) -> bytes:
    strength = Image.open(io.BytesIO(grey), formats=["PNG"]).convert("L")
    strength.thumbnail(OVERLAY_SIZE)
    image = Image.new("RGBA", strength.size, COLOUR)
    image.putalpha(strength.point(lambda level: level * STRONGEST // 255))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
