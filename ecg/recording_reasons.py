"""Every reason that a reader of recordings gives, with what it means. They do not change."""

from __future__ import annotations

from typing import Final

QUESTIONS: Final = {
    "RECORDING_RATE_UNKNOWN": "the file doesn't say how many samples a second it has",
    "RECORDING_UNIT_UNKNOWN": "the file doesn't say in which unit its samples are",
    "RECORDING_LEADS_UNKNOWN": "the file doesn't say which leads its columns are",
}
"""Of a ``RecordingQuestion``: the file can be read once somebody answers."""

REFUSALS: Final = {
    "RECORDING_EMPTY": "there are no bytes, or no samples",
    "RECORDING_UNSUPPORTED_FORMAT": "none of the formats that are read, or a part of one that is not",
    "RECORDING_HEADER_INVALID": "the header is damaged or says what can't be",
    "RECORDING_CONTRADICTORY": "header and samples, or two parts of the file, exclude each other",
    "RECORDING_DAMAGED": "the file is damaged or not complete",
    "RECORDING_TRUNCATED": "the file ends before its first sample; as a warning: some of what it announces is missing",
    "RECORDING_NO_ECG": "there are no ECG leads in it",
    "RECORDING_SEVERAL": "there is more than one recording in it",
    "RECORDING_FILE_MISSING": "the header needs a file that was not sent with it",
    "RECORDING_FILE_OUTSIDE": "the header names a file by a path or an address",
    "RECORDING_RATE_INVALID": "the rate is 0, negative, no number or none of an ECG",
    "RECORDING_RATE_IRREGULAR": "by the table's own times its rows don't follow each other at one rate",
    "RECORDING_TIME_DISORDERED": "the recording's own times go back, or may be read in two ways",
    "RECORDING_SCALE_INVALID": "no lead can be turned into millivolts, e.g. digital minimum = maximum",
    "RECORDING_UNIT_INVALID": "the unit given is none of voltage",
    "RECORDING_ANSWER_INVALID": "the names given are not as many as the columns",
    "RECORDING_TABLE_IRREGULAR": "the text is no table, or too many of its lines are no rows",
    "RECORDING_NUMBERS_AMBIGUOUS": "commas may separate columns or decimals",
    "RECORDING_ANNOTATIONS_INVALID": "a file of annotations is damaged; as a warning: it was left out",
    "RECORDING_XML_UNSAFE": "the XML document defines entities, or is larger inside than any recording",
    "RECORDING_ARCHIVE_UNSAFE": "the zip has paths that lead outside, links, or more in it than is read",
    "RECORDING_ARCHIVE_NESTED": "the zip has an archive in it",
    "RECORDING_ARCHIVE_ENCRYPTED": "the zip is protected by a password",
    "RECORDING_TOO_MANY_FILES": "more files than are read",
    "RECORDING_TOO_MANY_LEADS": "more channels or leads than any recorder has",
    "RECORDING_TOO_LARGE": "more bytes or samples than are read",
    "RECORDING_TOO_LONG": "longer than 60 days, gaps included",
    "RECORDING_TOO_COSTLY": "reading it takes more time or memory than is allowed",
    "RECORDING_BUSY": "too many recordings are being read; again later",
    "RECORDING_UNREADABLE": "its reader failed; the error id is in the log",
    "RECORDING_STORE_DAMAGED": "a recording that was taken in before is not as it was written",
}
"""Of a ``RecordingError``."""

WARNINGS: Final = {
    "RECORDING_GAPS": "stretches in which no lead was recorded",
    "RECORDING_VALUES_MISSING": "a lead misses samples that others have",
    "RECORDING_LEAD_EMPTY": "a lead has no samples",
    "RECORDING_LEAD_FLAT": "a lead is a flat line, always or in more than 5 % of its seconds",
    "RECORDING_LEAD_SATURATED": "a lead was cut off at the end of its range",
    "RECORDING_AMPLITUDE_IMPLAUSIBLE": "a lead is too high or low for a heart; unit or gain may be wrong",
    "RECORDING_LEADS_IDENTICAL": "two leads are the same, sample by sample",
    "RECORDING_LEADS_CONTRADICTORY": "limb leads contradict Einthoven's law; names swapped, or a lead turned round",
    "RECORDING_LEADS_UNEQUAL": "not all leads were recorded all the time",
    "RECORDING_LEAD_DUPLICATE": "a name stands twice; the second lead has a number",
    "RECORDING_LEAD_UNKNOWN": "no lead is known by that name; it is read as one",
    "RECORDING_LEAD_UNREADABLE": "a lead was left out, as its scale can't be",
    "RECORDING_LEAD_INVERTED": "a lead was turned round, as its gain is negative",
    "RECORDING_LEAD_RESAMPLED": "a lead of fewer samples was brought to the others' rate",
    "RECORDING_CHANNELS_LEFT_OUT": "channels that are no ECG were not read",
    "RECORDING_SERIES_LEFT_OUT": "of several recordings in a file the first was read",
    "RECORDING_FILES_LEFT_OUT": "files that are no part of the recording were not read",
    "RECORDING_ANNOTATIONS_LEFT_OUT": "of several annotation files one was read",
    "RECORDING_MARKS_OUTSIDE": "annotations before the begin or after the end were left out",
    "RECORDING_TRAILING_DATA": "the file goes on after the end that its header gives",
    "RECORDING_LENGTH_CONTRADICTORY": "two lengths in the file differ",
    "RECORDING_HEADER_CONTRADICTORY": "two places in the header differ about where the samples begin",
    "RECORDING_CHECKSUM_MISMATCH": "a checksum or first sample is not what the file says; it may be damaged",
    "RECORDING_VALUES_OUT_OF_RANGE": "samples lie beyond the range that the header gives, or that electrodes give",
    "RECORDING_SIGN_EXTENDED": "samples of fewer bits had lost their sign, which was restored",
    "RECORDING_GAIN_DEFAULT": "no gain; the format's own, 200 units a millivolt, was taken",
    "RECORDING_RATE_DEFAULT": "no rate; the format's own, 250 a second, was taken",
    "RECORDING_RATE_UNUSUAL": "below 100 or above 2,000 samples a second",
    "RECORDING_RATE_CONTRADICTORY": "the table states one rate and its times another, which was taken",
    "RECORDING_RECORD_COUNT_UNKNOWN": "the recorder didn't write the length; it was read to the end (-1 records)",
    "RECORDING_NOT_CONTINUOUS": "the file calls itself continuous and has gaps",
    "RECORDING_ONSETS_MISSING": "records don't say when they begin; there may be gaps that are not shown",
    "RECORDING_START_INVALID": "date or time of the start can't be read",
    "RECORDING_DECIMAL_COMMA": "decimal commas were read as such",
    "RECORDING_ROWS_DAMAGED": "lines that are no rows were left out or count as missing samples, or rows stand twice",
    "RECORDING_ROWS_MISSING": "the numbering of rows leaves some out",
    "RECORDING_TIME_COARSE": "the times are too coarse to show gaps",
    "RECORDING_TIME_UNIT_ASSUMED": "the times have no unit; the only plausible one was taken",
    "RECORDING_GAIN_NOT_APPLIED": "the file names a gain or resolution, and its whole numbers were read as they stand",
    "RECORDING_OFFSET_NOT_APPLIED": "an undocumented offset in the file was not applied",
    "RECORDING_DERIVED": "the file calls its waveforms derived, not recorded",
    "RECORDING_FORMAT_UNUSUAL": "the file departs from its format in a way that its message tells",
    "RECORDING_ANSWER_IGNORED": "what was answered is not what the file says, which stands",
}
"""Of a ``RecordingWarning``; ``RECORDING_TRUNCATED`` and ``RECORDING_ANNOTATIONS_INVALID`` may be warnings too."""


def table() -> str:
    """The three lists as Markdown, for the page of integrators."""
    parts = []
    for title, reasons in (("question", QUESTIONS), ("refused", REFUSALS), ("warning", WARNINGS)):
        parts.append(f"| {title} | meaning |\n|---|---|\n")
        parts.append("".join(f"| `{reason}` | {meaning} |\n" for reason, meaning in reasons.items()) + "\n")
    return "".join(parts)
