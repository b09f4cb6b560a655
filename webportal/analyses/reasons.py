"""Reason codes in words: what is wrong with a picture, or keeps it from being taken, and what its sender can do."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Explanation:
    """Two sentences for people."""

    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}"


def explain(reason: str) -> Explanation:
    """The words for a reason code. Codes of a newer server get a sentence too."""
    return _known().get(
        reason,
        Explanation(
            _("The picture can't be analysed (%(reason)s).") % {"reason": reason},
            _("Send a PNG or JPEG picture of a heartbeat, a strip or a page."),
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
            _("Crop it to the ECG, or save it with fewer pixels."),
        ),
        "IMAGE_UNSUPPORTED_FORMAT": Explanation(
            _("The file is of no kind that is known here."),
            _("Open it in the program that made it and save it as PNG. Renaming a file doesn't change its format."),
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
            _("The picture has too few pixels to show an ECG."),
            _("Send a larger one; 192 × 128 pixels are plenty."),
        ),
        "IMAGE_TOO_MANY_PIXELS": Explanation(
            _("The picture has more than %(max)d megapixels.") % {"max": max_megapixels},
            _("Crop it to the ECG, or scale it down."),
        ),
        "IMAGE_TOO_COSTLY": Explanation(
            _("The picture would take too long to decode."),
            _("Save it again as an ordinary PNG or JPEG with 8 bits a colour, or with fewer pixels."),
        ),
        "PORTAL_BUSY": Explanation(
            _("Too many pictures are being read just now."),
            _("Nothing is wrong with yours. Send it again in a minute."),
        ),
        "BATCH_FULL": Explanation(
            _("There are more than %(max)d pictures in one batch.") % {"max": settings.BATCH_MAX_PICTURES},
            _("Send the others as another batch."),
        ),
        **_other_kinds(),
        **_archives(),
        "ACCOUNT_QUOTA_REACHED": Explanation(
            _("Your account is full: it may keep %(max)d MiB.") % {"max": settings.ACCOUNT_QUOTA_BYTES // 2**20},
            _("Delete for good what you no longer need. What lies in the trash counts too."),
        ),
        "UPLOAD_RATE_REACHED": Explanation(
            _("You have sent as much as one person may within a minute."),
            _("Wait a minute and send it once more. What is stored already is recognised and doesn’t count again."),
        ),
        "STORAGE_FULL": Explanation(
            _("The disk of this installation is full, so that nothing new can be stored."),
            _("Only an administrator can make room. Send it again once they have."),
        ),
    }


def _archives() -> dict[str, Explanation]:
    """What is wrong with a zip file, or with a file in one."""
    return {
        "ARCHIVE_DAMAGED": Explanation(
            _("The zip file is damaged."), _("Make it anew, or send the pictures themselves.")
        ),
        "ARCHIVE_EMPTY": Explanation(
            _("There is nothing in the zip file."), _("Put pictures into it and send it once more.")
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


def _other_kinds() -> dict[str, Explanation]:
    """What is no picture that is read, named for what it is."""
    save_as_picture = _("Save or export the ECG as a PNG picture and send that.")
    screenshot = _("Open it, take a screenshot of the ECG and send that.")
    return {
        "PDF_LOCKED": Explanation(_("The PDF is locked with a password."), _("Save it without a password.")),
        "PDF_SEVERAL_PAGES": Explanation(
            _("The PDF has several pages."), _("Print the page with the ECG into a PDF of its own and send that.")
        ),
        "PDF_SCRIPTS": Explanation(
            _("The PDF holds scripts, which are never run here."),
            _("Print it into a new PDF, or take a screenshot of the ECG, and send that."),
        ),
        "FILE_IS_DICOM": Explanation(
            _("The file is a DICOM file."), _("Export the ECG as a PNG picture from your DICOM viewer.")
        ),
        "FILE_IS_SVG": Explanation(
            _("The file is an SVG drawing, which can hold programs and isn’t read."), save_as_picture
        ),
        "FILE_IS_RECORDING": Explanation(
            _("The file is an ECG recording, not a picture."),
            _("Send it on the page for whole recordings."),
        ),
        "FILE_IS_OTHER_PICTURE": Explanation(
            _("The file is a picture in a format that isn’t read."),
            _("Open it in a picture viewer and save it as PNG."),
        ),
        "FILE_IS_DOCUMENT": Explanation(_("The file is an office document."), screenshot),
        "FILE_IS_WEB_PAGE": Explanation(
            _("The file is a web page; the download probably answered with an error or asked to log in."), screenshot
        ),
        "FILE_IS_VIDEO": Explanation(_("The file is a video."), _("Pause it at the ECG and send a screenshot.")),
        "FILE_IS_AUDIO": Explanation(_("The file is a sound."), save_as_picture),
        "FILE_IS_ARCHIVE": Explanation(
            _("The file is an archive that isn’t read here."),
            _("Unpack it and send the pictures, or put them into a zip file."),
        ),
        "FILE_IS_PROGRAM": Explanation(_("The file is a program."), save_as_picture),
        "FILE_IS_LFS_POINTER": Explanation(
            _("The file only points to a picture that lies in Git LFS."),
            _("Fetch the picture itself with “git lfs pull” and send that."),
        ),
        "FILE_IS_TEXT": Explanation(_("The file is a text."), save_as_picture),
    }
