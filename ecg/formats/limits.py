"""What a recording may claim before its claims are believed: checked from headers, before memory is paid for."""

from __future__ import annotations

from typing import Final

from ecg.recording_errors import RecordingError

MAX_BYTES: Final = 4 * 1024**3
"""Of all files of one recording, unpacked."""
MAX_FILES: Final = 2_000
MAX_CHANNELS: Final = 512
"""In a file, ECG or not: sleep laboratories and caps for the EEG reach 256."""
MAX_LEADS: Final = 64
"""ECG leads that are kept."""
MAX_SECONDS: Final = 60 * 24 * 3600.0
"""Longest recording, gaps included. Patches record for two weeks, loop recorders for one month."""
MAX_SAMPLES: Final = 6_000_000_000
"""Of one lead."""
MIN_RATE: Final = 20.0
MAX_RATE: Final = 50_000.0
"""Samples a second; with fewer than 20 there is no QRS complex."""
MAX_MARKS: Final = 5_000_000
MAX_GAPS: Final = 10_000
MAX_DOCUMENT_BYTES: Final = 128 * 1024**2
"""Of an XML, JSON, SCP-ECG or DICOM file, which is read as a whole."""
USUAL_RATES: Final = (100.0, 2_000.0)
"""Samples a second between which rhythm and shape can be judged without further thought."""
BLOCK: Final = 1 << 18
"""Samples of all channels together that are held in memory at a time."""


def check_channels(count: int) -> None:
    """Refuse a header that claims no channels, or more than any recorder has."""
    if count < 1:
        raise RecordingError("RECORDING_HEADER_INVALID", "The header says that the recording has no channels.")
    if count > MAX_CHANNELS:
        raise RecordingError(
            "RECORDING_TOO_MANY_LEADS", f"The header claims {count:,} channels; at most {MAX_CHANNELS} are read."
        )


def check_length(samples: int, rate: float) -> None:
    """Refuse a recording longer than any recorder records."""
    if samples > MAX_SAMPLES or samples > MAX_SECONDS * rate:
        days = samples / rate / 86_400
        raise RecordingError(
            "RECORDING_TOO_LONG",
            f"The recording would last {days:,.0f} days; at most {MAX_SECONDS / 86_400:.0f} are read.",
        )


def check_document(size: int) -> None:
    """Refuse a document too large to be read as a whole."""
    if size > MAX_DOCUMENT_BYTES:
        raise RecordingError(
            "RECORDING_TOO_LARGE",
            f"A file of this kind may have {MAX_DOCUMENT_BYTES // 1024**2} MB; this one has {size // 1024**2} MB.",
        )
