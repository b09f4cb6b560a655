"""Reason codes in words: what is wrong with a recording, or keeps it waiting, and what its sender can do."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from ecg.recording_reasons import REFUSALS

from webportal.analyses import reasons as of_pictures
from webportal.analyses.reasons import Explanation


def explain(reason: str) -> Explanation:
    """The words for a reason code. Codes of a newer server or reader get a sentence too."""
    known = _kinds() | _pages() | _contents() | _archives() | _limits() | _waits()
    if reason in known:
        return known[reason]
    if of_pictures.is_known(reason):
        return of_pictures.explain(reason)
    return Explanation(
        _("The recording can’t be used (%(reason)s).") % {"reason": reason},
        _("Export it once more from the program that made it, as EDF if there is a choice."),
    )


def warning(warned: dict[str, Any]) -> str:
    """A warning about a recording in a sentence; for the rare ones the reader's own words."""
    lead = str(warned.get("lead") or "")
    words = (_warnings() | _page_warnings()).get(str(warned["reason"]), str(warned["message"]))
    return f"{lead}: {words}" if lead else words


def page_warning(warned: str) -> str:
    """A warning about what was read of a picture, in a sentence."""
    return _page_warnings().get(warned, warned)


def all_refusals() -> tuple[str, ...]:
    """Every code that a reader refuses with."""
    return tuple(REFUSALS)


def _kinds() -> dict[str, Explanation]:
    """What the files are, or are not."""
    again = _("Export it once more from the program that made it, and send all of its files.")
    return {
        "RECORDING_EMPTY": Explanation(_("There is nothing in the file."), again),
        "RECORDING_UNSUPPORTED_FORMAT": Explanation(
            _("The file is in none of the formats that are read here."),
            _("Send WFDB, EDF, BDF, CSV, JSON, DICOM, SCP-ECG, HL7 aECG, ISHNE, MUSE or Philips XML, or an export of "
              "Apple Health or Kardia. Samples of a WFDB record need their .hea file beside them."),
        ),
        "RECORDING_NO_ECG": Explanation(
            _("There are no ECG leads in the file."), _("Send the file with the ECG; other signals aren’t read.")
        ),
        "RECORDING_SEVERAL": Explanation(_("There is more than one recording in it."), _("Send them one by one.")),
        "RECORDING_FILE_MISSING": Explanation(
            _("The header names a file that was not sent with it."),
            _("Choose all files of the recording at once, or put them into one zip file."),
        ),
        "RECORDING_FILE_OUTSIDE": Explanation(
            _("The header names a file by a path or an address."),
            _("Put the files into one folder, let the header name them alone, and send them together."),
        ),
        "RECORDING_UNREADABLE": Explanation(_("The file could not be read; it may be damaged."), again),
        "RECORDING_STORE_DAMAGED": Explanation(
            _("What was stored of this recording is damaged."),
            _("An administrator can restore it from a backup; or send it once more."),
        ),
    }  # fmt: skip


def _pages() -> dict[str, Explanation]:
    """What a picture of a strip or page shows, or doesn't."""
    again = _("Photograph it once more: the whole strip in the frame, from straight above, no shadow, sharp.")
    only_ecgs = _("Only ECGs are read. If this is one, say so, and show where it stands on the picture.")
    return {
        "PAGE_UNCHECKED": Explanation(
            _("Your picture was read. Look whether that is right."),
            _("Traces, names and scale are drawn over it. It is analysed once you have said so."),
        ),
        "PAGE_BLANK": Explanation(_("Nothing is drawn in the picture."), again),
        "PAGE_NO_TRACE": Explanation(_("The picture shows no line that goes on from left to right."), only_ecgs),
        "PAGE_NO_ECG": Explanation(
            _("The picture doesn’t look like an ECG, by its lines and by what stands around them."),
            only_ecgs,
        ),
        "PAGE_TOO_SMALL": Explanation(
            _("The picture has too few pixels for a strip."),
            _("Send the picture itself, not a preview of it, or go closer with the camera."),
        ),
        "PICTURE_ONE_BEAT": Explanation(
            _("The picture shows one beat."), _("Have it classified as one; a recording has several.")
        ),
    }


def _contents() -> dict[str, Explanation]:
    """What the files say."""
    again = _("Export it once more from the program that made it.")
    return {
        "RECORDING_HEADER_INVALID": Explanation(_("Its header is damaged, or says what can’t be."), again),
        "RECORDING_CONTRADICTORY": Explanation(_("Parts of the file contradict each other."), again),
        "RECORDING_DAMAGED": Explanation(
            _("The file is damaged or not complete."), _("Copy or download it once more and send it again.")
        ),
        "RECORDING_TRUNCATED": Explanation(
            _("The file ends before its first sample."), _("Copy or download it once more and send it again.")
        ),
        "RECORDING_RATE_INVALID": Explanation(
            _("Its samples come too slowly or too fast for an ECG to be analysed."),
            _("Recordings with 100 to 2,000 samples a second are analysed. Export it with such a rate."),
        ),
        "RECORDING_RATE_IRREGULAR": Explanation(
            _("By the times in the table its rows don’t follow each other at one rate."),
            _("Export it with all rows, at one rate, without times of the day that jump."),
        ),
        "RECORDING_TIME_DISORDERED": Explanation(_("The times in the file go back."), again),
        "RECORDING_SCALE_INVALID": Explanation(_("None of its leads can be turned into millivolts."), again),
        "RECORDING_UNIT_INVALID": Explanation(
            _("The unit is none of voltage."), _("Send it once more and say mV, uV or V.")
        ),
        "RECORDING_ANSWER_INVALID": Explanation(
            _("There are not as many names as columns."), _("Send it once more and name each column.")
        ),
        "RECORDING_TABLE_IRREGULAR": Explanation(
            _("The text is no table, or too many of its lines are no rows."),
            _("Export it as CSV with one row for each sample and one column for each lead."),
        ),
        "RECORDING_NUMBERS_AMBIGUOUS": Explanation(
            _("Commas may separate columns or decimals in it."),
            _("Export it with points as decimals, or with semicolons between columns."),
        ),
        "RECORDING_ANNOTATIONS_INVALID": Explanation(
            _("A file of annotations is damaged."), _("Send the recording without it.")
        ),
        "RECORDING_XML_UNSAFE": Explanation(
            _("The XML document is built in a way that isn’t safe to read."), again
        ),
    }  # fmt: skip


def _archives() -> dict[str, Explanation]:
    """What is wrong with a zip file."""
    anew = _("Make an ordinary zip file of the recording’s files alone, or send the files themselves.")
    return {
        "RECORDING_ARCHIVE_UNSAFE": Explanation(_("The zip file isn’t safe to unpack."), anew),
        "RECORDING_ARCHIVE_NESTED": Explanation(_("The zip file has another archive in it."), anew),
        "RECORDING_ARCHIVE_ENCRYPTED": Explanation(_("The zip file is locked with a password."), anew),
    }


def _limits() -> dict[str, Explanation]:
    """What is too much."""
    less = _("Export a part of it.")
    return {
        "RECORDING_TOO_MANY_FILES": Explanation(
            _("There are more than %(max)d files.") % {"max": settings.RECORDING_MAX_FILES},
            _("Put the files of one recording into one zip file."),
        ),
        "RECORDING_TOO_MANY_LEADS": Explanation(
            _("It has more leads than are analysed."), _("Export it with at most twelve leads.")
        ),
        "RECORDING_TOO_LARGE": Explanation(
            _("It is larger than %(max)d MiB.") % {"max": settings.RECORDING_MAX_BYTES // 2**20}, less
        ),
        "RECORDING_TOO_LONG": Explanation(_("It is longer than is read."), less),
        "RECORDING_TOO_COSTLY": Explanation(_("Reading it takes more time or memory than is allowed."), less),
    }


def _waits() -> dict[str, Explanation]:
    """What keeps it waiting without any fault of its own."""
    nothing_to_do = _("It goes on by itself; you may close this page.")
    return {
        "RECORDING_BUSY": Explanation(_("Many recordings are being read just now."), nothing_to_do),
        "STORAGE_FULL": Explanation(
            _("The disk of this installation is full."),
            _("It goes on by itself once an administrator has made room."),
        ),
        "SERVER_UNAVAILABLE": Explanation(_("The analysis service is unavailable right now."), nothing_to_do),
        "MODEL_NOT_FOUND": Explanation(
            _("The analysis service has no model for recordings yet."),
            _("It goes on by itself once an administrator has put one into service."),
        ),
    }


def _warnings() -> dict[str, str]:
    """The warnings that people meet; the others are said in the reader's own words."""
    return {
        "RECORDING_GAPS": _("There are stretches in which nothing was recorded."),
        "RECORDING_VALUES_MISSING": _("Some samples are missing that other leads have."),
        "RECORDING_LEAD_EMPTY": _("The lead has no samples."),
        "RECORDING_LEAD_FLAT": _("The lead is a flat line, always or again and again."),
        "RECORDING_LEAD_SATURATED": _("The lead was cut off at the end of its range."),
        "RECORDING_AMPLITUDE_IMPLAUSIBLE": _("The lead is too high or too low for a heart; its unit may be wrong."),
        "RECORDING_LEADS_IDENTICAL": _("Two leads are the same, sample by sample."),
        "RECORDING_LEADS_CONTRADICTORY": _("The limb leads contradict each other; names may be swapped."),
        "RECORDING_LEADS_UNEQUAL": _("Not all leads were recorded all the time."),
        "RECORDING_LEAD_UNKNOWN": _("No lead is known by this name; it is read as one."),
        "RECORDING_CHANNELS_LEFT_OUT": _("Channels that are no ECG were not read."),
        "RECORDING_FILES_LEFT_OUT": _("Some of the files are no part of the recording and were not read."),
        "RECORDING_TRUNCATED": _("The file ends earlier than its header says."),
        "RECORDING_TRAILING_DATA": _("The file goes on after the end that its header gives."),
        "RECORDING_CHECKSUM_MISMATCH": _("A checksum is not what the file says; it may be damaged."),
        "RECORDING_GAIN_DEFAULT": _("The file gives no gain; the format’s own was taken."),
        "RECORDING_RATE_DEFAULT": _("The file gives no rate; the format’s own was taken."),
        "RECORDING_RATE_UNUSUAL": _("The rate is unusual for an ECG."),
        "RECORDING_NOT_CONTINUOUS": _("The file calls itself continuous and has gaps."),
        "RECORDING_START_INVALID": _("Date or time of its start can’t be read."),
        "RECORDING_DECIMAL_COMMA": _("Decimal commas were read as such."),
        "RECORDING_ROWS_DAMAGED": _("Lines that are no rows count as missing samples."),
        "RECORDING_TIME_UNIT_ASSUMED": _("The times have no unit; the only plausible one was taken."),
        "RECORDING_ANSWER_IGNORED": _("What was answered is not what the file says, which stands."),
    }


def _page_warnings() -> dict[str, str]:
    """Those about what was read of a picture."""
    return {
        "PAGE_SPEED_ASSUMED": _("The paper speed is neither printed nor shown by a pulse; 25 mm/s was assumed."),
        "PAGE_GAIN_ASSUMED": _("The gain is neither printed nor shown by a pulse; 10 mm/mV was assumed."),
        "PAGE_SCALE_UNKNOWN": _("There is no grid and no pulse: times and voltages are a guess by the picture’s size."),
        "PAGE_PITCH_UNSURE": _("The grid has lines of one kind only; how far apart they are on paper was assumed."),
        "PAGE_SCALE_CONTRADICTORY": _("Grid, pulse and print contradict each other; what is printed was taken."),
        "PAGE_NAMES_ASSUMED": _("No names of leads were read; those of the layout’s usual order were assumed."),
        "PAGE_NAME_UNKNOWN": _("The names of some leads could not be read."),
        "PAGE_TRACES_TOUCH": _("Traces touch or cross; where they do, one may have been taken for the other."),
        "PAGE_STATED_SCALE": _("The scale that you gave contradicts grid, pulse or print; yours was taken."),
        "PAGE_STATED_LAYOUT": _("The layout that you gave contradicts what was found; yours was taken."),
        "PAGE_STATED_NAMES": _("Names that you gave contradict those that were read; yours were taken."),
        "PAGE_STATED_TURN": _("The words on the page say that it is turned otherwise; what you said was taken."),
    }
