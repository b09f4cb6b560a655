"""What pages read."""

from __future__ import annotations

from webportal.recordings.models import Recording, RecordingAnalysis


def newest_analysis(recording: Recording) -> RecordingAnalysis | None:
    """The last question about a recording, whatever became of it."""
    analysis = RecordingAnalysis.objects.filter(recording=recording).order_by("-created_at", "-id").first()
    if analysis is not None:
        analysis.recording = recording
    return analysis


def newest_answer(recording: Recording) -> RecordingAnalysis | None:
    """The last answer about a recording; None while there is none."""
    answers = RecordingAnalysis.objects.filter(recording=recording, state=RecordingAnalysis.State.DONE)
    answer = answers.order_by("-created_at", "-id").first()
    if answer is not None:
        answer.recording = recording
    return answer
