"""The words and numbers of a report: measures beside their definitions, hours, what could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from ecg.faults import UNREADABLE, Fault
from ecg.rhythm.brevity import Untold
from ecg.rhythm.ectopy import Ectopy, Run, VentricularTachycardia
from ecg.rhythm.heart_rate import Episode, HourOfRate, RateExtreme
from ecg.rhythm.measures import Measures
from inference_server.classification.recordings import RecordingAnalysis
from inference_server.exports.counting import counted
from inference_server.exports.wording import ENGLISH, UNKNOWN, Wording

#: Hours up to which each has a row; of longer recordings, each day has.
_HOURS: Final = 48
_HOUR_SECONDS: Final = 3600

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


class MeasureRows:
    """Measures of an analysis in words."""

    def __init__(self, analysis: RecordingAnalysis, words: Wording = ENGLISH) -> None:
        self._measures, self._settings = analysis.measures, analysis.measures.settings
        self._words = words

    def __iter__(self) -> Iterator[Row]:
        """Measure, value, definition."""
        words, measures, settings = self._words, self._measures, self._settings
        yield from self._rates()
        yield self._pauses()
        yield from self._ectopy(
            words("Ventricular beats"),
            words("classified as ventricular; share of classified beats, and by analysable hour"),
            measures.ventricular,
        )
        yield (
            words("Ventricular tachycardia"),
            self._tachycardia(measures.ventricular_tachycardia),
            words(
                "runs above {rate}/min; sustained from {seconds} s on",
                rate=words.short(settings.ventricular_run_rate),
                seconds=words.short(settings.sustained_seconds),
            ),
        )
        cycles = settings.alternation_cycles
        yield (
            words("Bigeminy"),
            self._episodes(measures.bigeminy.episodes),
            words("at least {cycles} cycles: one other beat before each ventricular one", cycles=cycles),
        )
        yield (
            words("Trigeminy"),
            self._episodes(measures.trigeminy.episodes),
            words("at least {cycles} cycles: two other beats before each ventricular one", cycles=cycles),
        )
        yield from self._ectopy(
            words("Supraventricular beats"),
            words("classified as supraventricular; share of classified beats, and by analysable hour"),
            measures.supraventricular,
        )
        yield from self._fibrillation()
        yield words("Paced beats"), words.number(measures.paced_share, " %", 1), words("of the classified beats")
        yield self._variability()

    def _rates(self) -> Iterator[Row]:
        words, rate, settings = self._words, self._measures.heart_rate, self._settings
        intervals, seconds = settings.rate_intervals, words.short(settings.rate_episode_seconds)
        yield (
            words("Heart rate"),
            words(
                "mean {mean}; {least} to {greatest}",
                mean=words.number(rate.mean, "/min"),
                least=self._extreme(rate.least),
                greatest=self._extreme(rate.greatest),
            ),
            words("mean of {intervals} RR intervals, sliding; the mean: of all intervals", intervals=intervals),
        )
        yield (
            words("Tachycardia"),
            self._episodes(rate.tachycardia, Untold.RATE_EPISODES),
            words(
                "above {rate}/min of {intervals} intervals, for at least {seconds} s",
                rate=words.short(settings.tachycardia_rate),
                intervals=intervals,
                seconds=seconds,
            ),
        )
        yield (
            words("Bradycardia"),
            self._episodes(rate.bradycardia, Untold.RATE_EPISODES),
            words(
                "below {rate}/min of {intervals} intervals, for at least {seconds} s",
                rate=words.short(settings.bradycardia_rate),
                intervals=intervals,
                seconds=seconds,
            ),
        )

    def _pauses(self) -> Row:
        words, pauses = self._words, self._measures.pauses
        counts = "; ".join(
            words("{count} of {seconds} s and more", count=words.number(count), seconds=words.short(seconds))
            for seconds, count in pauses.counts.items()
        )
        longest = pauses.longest
        when = (
            words(
                "; longest {seconds} s at {at}", seconds=words.number(longest.seconds, "", 2), at=clock(longest.begin)
            )
            if longest
            else ""
        )
        definition = words("RR intervals of that length, never across gaps or unreadable seconds")
        return words("Pauses"), counts + when, definition

    def _extreme(self, extreme: RateExtreme | None) -> str:
        words = self._words
        return (
            UNKNOWN
            if extreme is None
            else words("{rate}/min at {at}", rate=f"{extreme.rate:.0f}", at=clock(extreme.time))
        )

    def _ectopy(self, title: str, definition: str, ectopy: Ectopy) -> Iterator[Row]:
        words, settings = self._words, self._settings
        if self._is_told(Untold.HOURLY_RATES):
            hourly = words("{count} an hour", count=words.number(ectopy.each_hour, "", 1))
        else:
            hourly = words("too short for beats an hour")
        yield title, f"{words.number(ectopy.beats)}; {words.number(ectopy.burden, ' %', 2)}; {hourly}", definition
        groups = (
            words("{count} isolated", count=words.number(ectopy.isolated)),
            words.several(ectopy.couplets, "{count} couplet", "{count} couplets"),
            words.several(ectopy.short_runs, "{count} short run", "{count} short runs"),
            words.several(ectopy.long_runs, "{count} long run", "{count} long runs"),
        )
        longest = self._run("; longest {beats} beats, {rate}/min, at {at}", ectopy.longest)
        fastest = self._run("; fastest {beats} beats, {rate}/min, at {at}", ectopy.fastest)
        meant = words(
            "couplet: two in a row; short: {least} to {most} beats; long: {long} and more",
            least=settings.run_beats,
            most=settings.long_run_beats - 1,
            long=settings.long_run_beats,
        )
        yield "", f"{', '.join(groups)}{longest}{fastest}", meant

    def _run(self, text: str, run: Run | None) -> str:
        return "" if run is None else self._words(text, beats=run.beats, rate=f"{run.rate:.0f}", at=clock(run.begin))

    def _fibrillation(self) -> Iterator[Row]:
        words, measures = self._words, self._measures
        yield (
            words("Atrial fibrillation"),
            self._episodes(measures.atrial_fibrillation.episodes, Untold.ATRIAL_FIBRILLATION),
            words(
                "by irregular intervals without P waves, from {seconds} s on; frequent atrial extra beats and strong"
                " breathing may look alike",
                seconds=words.short(self._settings.fibrillation_seconds),
            ),
        )
        yield (
            words("Ventricular flutter, fibrillation"),
            self._episodes(measures.ventricular_fibrillation),
            words("by the shape of its waves; counts as no time and no beats in anything else here"),
        )

    def _tachycardia(self, tachycardia: VentricularTachycardia) -> str:
        words, others = self._words, len(tachycardia.non_sustained)
        if not self._is_told(Untold.SUSTAINED_TACHYCARDIA):
            return words("{count}; too short to say whether sustained", count=words.number(others))
        sustained = words.number(len(tachycardia.sustained))
        return words("{sustained} sustained, {others} non-sustained", sustained=sustained, others=words.number(others))

    def _is_told(self, measure: Untold) -> bool:
        return measure not in self._measures.too_short

    def _episodes(self, episodes: Sequence[Episode], needs: Untold | None = None) -> str:
        """What lasts; where the recording is too short for what it ``needs``, that."""
        words = self._words
        if needs is not None and not self._is_told(needs):
            return words("too short to say")
        if not episodes:
            return words("none")
        longest = max(episodes, key=lambda episode: episode.seconds)
        together = sum(episode.seconds for episode in episodes)
        return words(
            "{episodes}, {together} together; longest {longest} at {at}",
            episodes=words.several(len(episodes), "{count} episode", "{count} episodes"),
            together=clock(together),
            longest=clock(longest.seconds),
            at=clock(longest.begin),
        )

    def _variability(self) -> Row:
        words, variability, settings = self._words, self._measures.variability, self._settings
        values = (
            ("SDNN", words.number(variability.sdnn, " ms")),
            ("SDANN", words.number(variability.sdann, " ms")),
            ("RMSSD", words.number(variability.rmssd, " ms")),
            ("pNN50", words.number(variability.pnn50, " %", 1)),
        )
        definition = words(
            "NN intervals alone, {share} of the known ones; SDANN of segments of {segment} s; pNN50: steps above"
            " {step} ms",
            share=words.number(variability.nn_share, " %", 1),
            segment=words.short(settings.variability_segment_seconds),
            step=words.short(settings.variability_step_ms),
        )
        told = ", ".join(f"{name} {value}" for name, value in values)
        if not self._is_told(Untold.VARIABILITY):
            told = words("too short to say")
        return words("Heart rate variability"), told, definition


def hour_heads(words: Wording = ENGLISH) -> Row:
    """Heads of :func:`hour_rows`."""
    return (
        words("from"),
        words("beats"),
        words("mean /min"),
        words("least /min"),
        words("greatest /min"),
        words("ventricular"),
        words("supraventricular"),
        words("pauses"),
    )


def hour_rows(analysis: RecordingAnalysis, start: datetime | None, words: Wording = ENGLISH) -> list[Row]:
    """A row for each hour, or each day of a recording of more than two; none of one that has no whole hour."""
    if analysis.measures.recorded_seconds < _HOUR_SECONDS:
        return []
    hours = analysis.measures.heart_rate.hours
    step = 1 if len(hours) <= _HOURS else 24
    times = analysis.beats.samples / analysis.rate
    counts = counted(analysis)
    names = [kind.short for kind in analysis.model.classes]
    rows = []
    for first in range(0, len(hours), step):
        begin, end = first * _HOUR_SECONDS, (first + step) * _HOUR_SECONDS
        inside = counts & (times >= begin) & (times < end)
        kinds = np.bincount(analysis.beats.classes[inside], minlength=len(names))
        pauses = sum(begin <= pause.begin < end for pause in analysis.measures.pauses.episodes)
        hour_row = _together(hours[first : first + step])
        of_kind = [words.number(int(kinds[names.index(name)])) if name in names else UNKNOWN for name in ("PVC", "PAC")]
        rates = (words.number(hour_row.mean), words.number(hour_row.least), words.number(hour_row.greatest))
        rows.append((moment(begin, start), words.number(hour_row.beats), *rates, *of_kind, words.number(pauses)))
    return rows


def _together(hours: Sequence[HourOfRate]) -> HourOfRate:
    """Several hours as one; the mean is that of all their intervals."""
    known = [(hour.beats, 60 / hour.mean) for hour in hours if hour.mean and hour.beats]
    beats = sum(count for count, _ in known)
    mean = 60 * beats / sum(count * interval for count, interval in known) if beats else None
    least = min((hour.least for hour in hours if hour.least is not None), default=None)
    greatest = max((hour.greatest for hour in hours if hour.greatest is not None), default=None)
    return HourOfRate(hours[0].hour, mean, least, greatest, sum(hour.beats for hour in hours))


def quality_rows(analysis: RecordingAnalysis, words: Wording = ENGLISH) -> Iterator[Row]:
    """Lead, share of its seconds that can be read, and what is wrong with the others."""
    for lead, faults in zip(analysis.leads, analysis.faults, strict=True):
        seconds = max(1, len(faults))
        readable = float(((faults & int(UNREADABLE)) == 0).sum()) / seconds
        wrong = [
            f"{words(fault.name.lower())} {clock(count)}"
            for fault in Fault
            if fault.name and (count := int(((faults & fault) > 0).sum()))
        ]
        yield lead, words("{share} readable", share=words.percent(readable)), ", ".join(wrong) or words("nothing wrong")


def brevity_line(measures: Measures, words: Wording) -> str:
    """What a short recording can't say, a sentence or two."""
    settings = measures.settings
    needed = {
        Untold.HOURLY_RATES: (words("beats an hour"), settings.hourly_seconds),
        Untold.VARIABILITY: (words("heart rate variability"), settings.variability_seconds),
        Untold.RATE_EPISODES: (words("tachycardia and bradycardia"), settings.rate_episode_seconds),
        Untold.SUSTAINED_TACHYCARDIA: (words("sustained ventricular tachycardia"), settings.sustained_seconds),
        Untold.ATRIAL_FIBRILLATION: (words("atrial fibrillation"), settings.fibrillation_seconds),
    }
    missing = (needed[measure] for measure in measures.too_short)
    return words(
        "{seconds} seconds can't say what a day can: how often beats come early, whether episodes come and go, how the"
        " rate changes over the hours. What isn't seen here may still be there. Too short for: {measures}.",
        seconds=words.number(measures.analysable_seconds),
        measures=", ".join(words("{what} ({seconds} s)", what=what, seconds=words.short(s)) for what, s in missing),
    )


def unread_lines(analysis: RecordingAnalysis, words: Wording = ENGLISH) -> Iterator[str]:
    """What was not read or not measured, a sentence each."""
    measures = analysis.measures
    left = measures.recorded_seconds - measures.analysable_seconds
    yield words(
        "{analysed} of {recorded} could be analysed; {left} are gaps, seconds in which no lead can be read, or"
        " ventricular fibrillation.",
        analysed=clock(measures.analysable_seconds),
        recorded=clock(measures.recorded_seconds),
        left=clock(left),
    )
    if measures.too_short:
        yield brevity_line(measures, words)
    if measures.unclassified:
        yield words("{count} beats are of no kind that the measures know.", count=words.number(measures.unclassified))
    yield from (f"{warning.message} ({warning.reason})" for warning in analysis.warnings)
    yield words(measures.st)
