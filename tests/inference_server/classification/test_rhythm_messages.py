"""What a recording is too short for, over the wire."""

from __future__ import annotations

from ecg.rhythm.brevity import Untold
from inference_server.classification.rhythm_messages import from_measures, to_measures
from tests.inference_server.exports.made import analysis_of, regular


def test_what_is_not_said_arrives_as_not_said() -> None:
    analysis = analysis_of(regular(60), 60)
    message = to_measures(analysis.measures)
    assert message.too_short == ["HOURLY_RATES", "VARIABILITY"]
    assert not message.ventricular.HasField("each_hour")
    assert not message.variability.HasField("sdnn")
    assert message.settings.hourly_seconds == 900
    assert from_measures(message, analysis.episodes) == analysis.measures


def test_what_a_newer_server_is_silent_about_is_left_out() -> None:
    analysis = analysis_of(regular(60), 60)
    message = to_measures(analysis.measures)
    message.too_short.append("SOMETHING_NEW")
    assert from_measures(message, analysis.episodes).too_short == (Untold.HOURLY_RATES, Untold.VARIABILITY)
