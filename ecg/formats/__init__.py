"""From files, in any of the formats that people have, to recordings.

:func:`sniff` says what a file is, :func:`open_recording` reads trusted files where they lie, :func:`import_recording`
brings a stranger's into the house's own form (:mod:`ecg.store`) in a process with limits. A reading is right, warned
about (``RecordingWarning``), asked about (``RecordingQuestion``) or refused (``RecordingError``); never wrong in
silence. Needs the extra ``formats``.
"""

from ecg.formats.answers import Answers
from ecg.formats.reading import IMPORT_LIMITS, import_recording, open_recording
from ecg.formats.sniffing import Kind, sniff
from ecg.recording_errors import Question, RecordingError, RecordingQuestion

__all__ = [
    "IMPORT_LIMITS",
    "Answers",
    "Kind",
    "Question",
    "RecordingError",
    "RecordingQuestion",
    "import_recording",
    "open_recording",
    "sniff",
]
