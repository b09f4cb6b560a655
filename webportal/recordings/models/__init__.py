"""What a person sent, what was read in it, what a model said about it, and what people changed in that.

A :class:`Recording` is the files of one recording and, once they are read, its facts. A :class:`RecordingAnalysis` is
one question to one model about it and its answer, which is never overwritten. A :class:`RecordingEdit` is one thing
that a person changed; what a page shows is the answer with its edits.
"""

from __future__ import annotations

from webportal.analyses.models.work import Work
from webportal.recordings.models.analyses import RecordingAnalysis
from webportal.recordings.models.edits import RecordingEdit
from webportal.recordings.models.recordings import Recording, random_folder

__all__ = ["Recording", "RecordingAnalysis", "RecordingEdit", "Work", "random_folder"]
