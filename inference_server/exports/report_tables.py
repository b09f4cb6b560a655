"""The words and numbers of a report: measures beside their definitions, hours, what could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from ecg.faults import UNREADABLE, Fault
from ecg.rhythm.ectopy import Ectopy, Run
from ecg.rhythm.heart_rate import Episode, HourOfRate, RateExtreme
from inference_server.classification.recordings import RecordingAnalysis
from inference_server.exports.counting import counted

NONE: Final = "none"
UNKNOWN: Final = "–"
#: Hours up to which each has a row; of longer recordings, each day has.
_HOURS: Final = 48

Row = tuple[str, ...]


def clock(seconds: float) -> str:
    """Time from the recording's start: ``1:02:03``."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def moment(seconds: float, start: datetime | None) -> str:
    """Time from the start, and by the clock where that is known."""
    if start is None:
        return clock(seconds)
    return f"{clock(seconds)} ({start + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S})"


def number(value: float | None, unit: str = "", digits: int = 0) -> str:
    """A number with its unit, or a dash."""
    return UNKNOWN if value is None else f"{value:,.{digits}f}{unit}"


def several(count: int, name: str) -> str:
    """``1 couplet``, ``2 couplets``."""
    return f"{count:,} {name}" if count == 1 else f"{count:,} {name}s"


def measure_rows(analysis: RecordingAnalysis) -> Iterator[Row]:
    """Measure, value, definition."""
    measures, settings = analysis.measures, analysis.measures.settings
    yield from _rate_rows(analysis)
    thresholds = measures.pauses.counts
    counts = "; ".join(f"{count:,} of {seconds:g} s and more" for seconds, count in thresholds.items())
    longest = measures.pauses.longest
    when = f"; longest {longest.seconds:.2f} s at {clock(longest.begin)}" if longest else ""
    yield "Pauses", counts + when, "RR intervals of that length, never across gaps or unreadable seconds"
    yield from _ectopy_rows("Ventricular beats", "ventricular", measures.ventricular, analysis)
    tachycardia = measures.ventricular_tachycardia
    yield (
        "Ventricular tachycardia",
        f"{len(tachycardia.sustained):,} sustained, {len(tachycardia.non_sustained):,} non-sustained",
        f"runs above {settings.ventricular_run_rate:g}/min; sustained from {settings.sustained_seconds:g} s on",
    )
    for name, alternation, cycle in (
        ("Bigeminy", measures.bigeminy, "one other beat before each ventricular one"),
        ("Trigeminy", measures.trigeminy, "two other beats before each ventricular one"),
    ):
        yield name, _episodes(alternation.episodes), f"at least {settings.alternation_cycles} cycles: {cycle}"
    yield from _ectopy_rows("Supraventricular beats", "supraventricular", measures.supraventricular, analysis)
    fibrillation = measures.atrial_fibrillation
    yield (
        "Atrial fibrillation",
        _episodes(fibrillation.episodes),
        f"by irregular intervals without P waves, from {settings.fibrillation_seconds:g} s on; frequent atrial extra"
        " beats and strong breathing may look alike",
    )
    yield (
        "Ventricular flutter, fibrillation",
        _episodes(measures.ventricular_fibrillation),
        "by the shape of its waves; counts as no time and no beats in anything else here",
    )
    yield "Paced beats", number(measures.paced_share, " %", 1), "of the classified beats"
    yield from _variability_rows(analysis)


def _rate_rows(analysis: RecordingAnalysis) -> Iterator[Row]:
    measures, settings = analysis.measures, analysis.measures.settings
    rate = measures.heart_rate
    intervals = settings.rate_intervals
    sliding = f"mean of {intervals} RR intervals, sliding; the mean: of all intervals"
    extremes = f"{_extreme(rate.least)} to {_extreme(rate.greatest)}"
    yield "Heart rate", f"mean {number(rate.mean, '/min')}; {extremes}", sliding
    lasting = f"of {intervals} intervals, for at least {settings.rate_episode_seconds:g} s"
    yield "Tachycardia", _episodes(rate.tachycardia), f"above {settings.tachycardia_rate:g}/min {lasting}"
    yield "Bradycardia", _episodes(rate.bradycardia), f"below {settings.bradycardia_rate:g}/min {lasting}"


def _extreme(extreme: RateExtreme | None) -> str:
    return UNKNOWN if extreme is None else f"{extreme.rate:.0f}/min at {clock(extreme.time)}"


def _ectopy_rows(title: str, name: str, ectopy: Ectopy, analysis: RecordingAnalysis) -> Iterator[Row]:
    settings = analysis.measures.settings
    burden = f"{ectopy.beats:,}; {number(ectopy.burden, ' %', 2)}; {number(ectopy.each_hour, ' an hour', 1)}"
    yield title, burden, f"premature or {name} by the model; share of classified beats, and by analysable hour"
    groups = (
        f"{ectopy.isolated:,} isolated",
        several(ectopy.couplets, "couplet"),
        several(ectopy.short_runs, "short run"),
        several(ectopy.long_runs, "long run"),
    )
    runs = f"{', '.join(groups)}{_run('longest', ectopy.longest)}{_run('fastest', ectopy.fastest)}"
    short = f"short: {settings.run_beats} to {settings.long_run_beats - 1} beats"
    yield "", runs, f"couplet: two in a row; {short}; long: {settings.long_run_beats} and more"


def _run(which: str, run: Run | None) -> str:
    return "" if run is None else f"; {which} {run.beats} beats, {run.rate:.0f}/min, at {clock(run.begin)}"


def _episodes(episodes: Sequence[Episode]) -> str:
    if not episodes:
        return NONE
    longest = max(episodes, key=lambda episode: episode.seconds)
    together = sum(episode.seconds for episode in episodes)
    count = several(len(episodes), "episode")
    return f"{count}, {clock(together)} together; longest {clock(longest.seconds)} at {clock(longest.begin)}"


def _variability_rows(analysis: RecordingAnalysis) -> Iterator[Row]:
    variability, settings = analysis.measures.variability, analysis.measures.settings
    yield (
        "Heart rate variability",
        f"SDNN {number(variability.sdnn, ' ms')}, SDANN {number(variability.sdann, ' ms')}, "
        f"RMSSD {number(variability.rmssd, ' ms')}, pNN50 {number(variability.pnn50, ' %', 1)}",
        f"NN intervals alone, {number(variability.nn_share, ' %', 1)} of the known ones; SDANN of segments of"
        f" {settings.variability_segment_seconds:g} s; pNN50: steps above {settings.variability_step_ms:g} ms",
    )


def hour_heads() -> Row:
    """Heads of :func:`hour_rows`."""
    return ("from", "beats", "mean /min", "least /min", "greatest /min", "ventricular", "supraventricular", "pauses")


def hour_rows(analysis: RecordingAnalysis, start: datetime | None) -> list[Row]:
    """A row for each hour, or each day of a recording of more than two."""
    hours = analysis.measures.heart_rate.hours
    step = 1 if len(hours) <= _HOURS else 24
    times = analysis.beats.samples / analysis.rate
    counts = counted(analysis)
    names = [kind.short for kind in analysis.model.classes]
    rows = []
    for first in range(0, len(hours), step):
        begin, end = first * 3600, (first + step) * 3600
        inside = counts & (times >= begin) & (times < end)
        kinds = np.bincount(analysis.beats.classes[inside], minlength=len(names))
        pauses = sum(begin <= pause.begin < end for pause in analysis.measures.pauses.episodes)
        one = _together(hours[first : first + step])
        of_kind = [f"{kinds[names.index(name)]:,}" if name in names else UNKNOWN for name in ("PVC", "PAC")]
        rates = (number(one.mean), number(one.least), number(one.greatest))
        rows.append((moment(begin, start), f"{one.beats:,}", *rates, *of_kind, f"{pauses:,}"))
    return rows


def _together(hours: Sequence[HourOfRate]) -> HourOfRate:
    """Several hours as one; the mean is that of all their intervals."""
    known = [(hour.beats, 60 / hour.mean) for hour in hours if hour.mean and hour.beats]
    beats = sum(count for count, _ in known)
    mean = 60 * beats / sum(count * interval for count, interval in known) if beats else None
    least = min((hour.least for hour in hours if hour.least is not None), default=None)
    greatest = max((hour.greatest for hour in hours if hour.greatest is not None), default=None)
    return HourOfRate(hours[0].hour, mean, least, greatest, sum(hour.beats for hour in hours))


def quality_rows(analysis: RecordingAnalysis) -> Iterator[Row]:
    """Lead, share of its seconds that can be read, and what is wrong with the others."""
    for lead, faults in zip(analysis.leads, analysis.faults, strict=True):
        seconds = max(1, len(faults))
        readable = float(((faults & int(UNREADABLE)) == 0).sum()) / seconds
        wrong = [
            f"{fault.name.lower()} {clock(count)}"
            for fault in Fault
            if fault.name and (count := int(((faults & fault) > 0).sum()))
        ]
        yield lead, f"{readable:.1%} readable", ", ".join(wrong) or NONE


def unread_lines(analysis: RecordingAnalysis) -> Iterator[str]:
    """What was not read or not measured, a sentence each."""
    measures = analysis.measures
    left = measures.recorded_seconds - measures.analysable_seconds
    yield (
        f"{clock(measures.analysable_seconds)} of {clock(measures.recorded_seconds)} could be analysed;"
        f" {clock(left)} are gaps, seconds in which no lead can be read, or ventricular fibrillation."
    )
    if measures.unclassified:
        yield f"{measures.unclassified:,} beats are of no kind that the measures know."
    yield from (f"{warning.message} ({warning.reason})" for warning in analysis.warnings)
    yield measures.st
