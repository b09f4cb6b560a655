"""Reason codes in words: what is wrong with a picture and what its sender can do."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Explanation:
    """Two sentences for people."""

    problem: str
    remedy: str


def explain(reason: str) -> Explanation:
    """The words for a reason code. Codes of a newer server get a sentence too."""
    return _known().get(
        reason,
        Explanation(
            _("The picture can't be analysed (%(reason)s).") % {"reason": reason},
            _("Send a PNG or JPEG picture that shows one heartbeat."),
        ),
    )


def is_known(reason: str) -> bool:
    """Whether a reason code is one of those that have sentences of their own."""
    return reason in _known()


def _known() -> dict[str, Explanation]:
    max_mib = settings.PICTURE_MAX_BYTES // (1024 * 1024)
    max_megapixels = settings.PICTURE_MAX_PIXELS // 1_000_000
    return {
        "IMAGE_EMPTY": Explanation(
            _("The file is empty."), _("Save or export the picture again and check that its size isn't zero.")
        ),
        "IMAGE_TOO_LARGE": Explanation(
            _("The file is larger than %(max)d MiB.") % {"max": max_mib},
            _("Crop it to the one heartbeat, or save it with fewer pixels."),
        ),
        "IMAGE_UNSUPPORTED_FORMAT": Explanation(
            _("The file is neither a PNG nor a JPEG picture."),
            _("Open it in a picture viewer and save it as PNG. Renaming a file doesn't change its format."),
        ),
        "IMAGE_TRUNCATED": Explanation(
            _("The picture is cut off: its end is missing."),
            _("The download or copy was probably interrupted. Fetch the file again and send it once more."),
        ),
        "IMAGE_CORRUPT": Explanation(
            _("The picture is damaged and can't be decoded."),
            _("If a picture viewer still opens it, save it again as PNG and send that file."),
        ),
        "IMAGE_TOO_SMALL": Explanation(
            _("The picture has too few pixels to show a heartbeat."),
            _("Send a larger one; 192 × 128 pixels are plenty."),
        ),
        "IMAGE_TOO_MANY_PIXELS": Explanation(
            _("The picture has more than %(max)d megapixels.") % {"max": max_megapixels},
            _("Crop it to the one heartbeat, or scale it down."),
        ),
        "ARCHIVE_DAMAGED": Explanation(
            _("The zip file is damaged."), _("Make it anew, or send the pictures themselves.")
        ),
        "ARCHIVE_EMPTY": Explanation(
            _("There is nothing in the zip file."), _("Put PNG or JPEG pictures into it and send it once more.")
        ),
        "ARCHIVE_TOO_MANY_ENTRIES": Explanation(
            _("There are more than %(max)d files in the zip file.") % {"max": settings.ARCHIVE_MAX_ENTRIES},
            _("Spread them over several zip files."),
        ),
        "ARCHIVE_TOO_LARGE": Explanation(
            _("The zip file is larger than %(max)d MiB, or holds more than %(unpacked)d MiB of pictures.")
            % {"max": settings.ARCHIVE_MAX_BYTES // 2**20, "unpacked": settings.ARCHIVE_MAX_UNPACKED_BYTES // 2**20},
            _("Spread the pictures over several zip files."),
        ),
        "ARCHIVE_ENCRYPTED": Explanation(
            _("The file is locked with a password."), _("Make a zip file without a password.")
        ),
        "ARCHIVE_UNSUPPORTED_METHOD": Explanation(
            _("The file is compressed in a way that isn’t understood."),
            _("Make an ordinary zip file, or send the picture itself."),
        ),
    }
