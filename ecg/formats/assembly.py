"""From what a file says of its channels to leads with names, millivolts and one rate; questions where it is silent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ecg import leads
from ecg.digital import Scale
from ecg.formats import limits, units
from ecg.formats.answers import Answers
from ecg.formats.signals import FrameSignal, Placement
from ecg.formats.source import ChannelInfo, Piece, Source
from ecg.recording import Annotations, Recording, no_annotations
from ecg.recording_errors import Question, RecordingError, RecordingQuestion

#: Names that also belong to accelerometers: a lead only where the unit is one of voltage.
_AXES = {"X", "Y", "Z"}
#: Millivolts that one digital unit may be; converters have 1e-8 to 1.
_STEPS = (1e-12, 1e6)


@dataclass(frozen=True, slots=True)
class _Lead:
    """A channel that is kept."""

    index: int
    name: str
    info: ChannelInfo
    factor: float | None
    """Millivolts of the channel's unit; None where the file doesn't say."""


def assemble(source: Source, answers: Answers) -> Recording:
    """The recording that a source is, with ``answers`` where it leaves something out.

    Raises:
        RecordingQuestion: rate, unit or names of leads are missing and not answered.
        RecordingError: there is no ECG in it, or what it says can't be.
    """
    labels, named = _labels(source, answers)
    chosen = _chosen(source, labels) if named else []
    questions = _questions(source, answers, named, chosen)
    if questions:
        raise RecordingQuestion(questions)
    chosen = _readable(source, chosen)
    top = max(lead.info.per_frame for lead in chosen)
    frame_rate = _frame_rate(source, answers, top)
    rate = frame_rate * top
    placements = _placements(source, frame_rate, top)
    signal = FrameSignal(
        source.frames,
        tuple(lead.index for lead in chosen),
        tuple(lead.info.per_frame for lead in chosen),
        tuple(_scale(source, lead, answers) for lead in chosen),
        placements,
        tuple(lead.info.limits for lead in chosen),
    )
    if signal.samples < 1:
        raise RecordingError("RECORDING_EMPTY", "The recording has no samples.")
    limits.check_length(signal.samples, rate)
    _warn_of_rates(source, chosen, rate)
    names = _names(source, chosen)
    annotations = _annotations(source, rate, signal.samples)
    return Recording(names, rate, signal, start=source.start, annotations=annotations, warnings=tuple(source.warnings))


def _labels(source: Source, answers: Answers) -> tuple[list[str], bool]:
    """A label for each channel, and whether they are names at all."""
    labels = [channel.label for channel in source.channels]
    if source.unnamed and len(labels) > limits.MAX_LEADS:
        raise RecordingError("RECORDING_TOO_MANY_LEADS", f"The file has {len(labels)} columns and names none of them.")
    if answers.leads is None:
        return labels, not source.unnamed
    unknown = all(leads.canonical(label)[1] is leads.Channel.UNKNOWN for label in labels)
    if not (source.unnamed or unknown):
        source.warn("RECORDING_ANSWER_IGNORED", "The file names its leads itself; the names given were not used.")
        return labels, True
    if len(answers.leads) != len(labels):
        raise RecordingError(
            "RECORDING_ANSWER_INVALID", f"There are {len(labels)} columns, and {len(answers.leads)} names were given."
        )
    return list(answers.leads), True


def _chosen(source: Source, labels: Sequence[str]) -> list[_Lead]:
    """The channels that are leads, or may be."""
    selected, left_out = [], []
    names = leads.canonical_all(labels)
    certain = any(kind is leads.Channel.LEAD for _, kind in names)
    for index, (info, (name, kind)) in enumerate(zip(source.channels, names, strict=True)):
        factor = units.millivolts(info.unit)
        # a lead in a unit that nobody knows is asked about; anything else with one is no lead
        may_be = factor is not None or units.is_unit_unknown(info.unit) or kind is leads.Channel.LEAD
        no_lead = kind is leads.Channel.OTHER or not may_be or units.is_other_quantity(info.unit)
        if labels[index].strip() == "-" or no_lead:
            left_out.append(labels[index].strip() or f"{index + 1}")
            continue
        unsure = kind is leads.Channel.UNKNOWN or (name in _AXES and factor is None)
        if unsure and factor is None and certain and not source.unnamed:
            left_out.append(labels[index].strip() or f"{index + 1}")
            continue
        if unsure:
            source.warn("RECORDING_LEAD_UNKNOWN", f"No lead is known by the name {name!r}; it is read as one.", name)
        selected.append(_Lead(index, name, info, factor))
    if left_out:
        source.warn("RECORDING_CHANNELS_LEFT_OUT", "Not read, as they are no ECG: " + ", ".join(left_out[:40]) + ".")
    if not selected:
        raise RecordingError("RECORDING_NO_ECG", "None of the channels is an ECG: " + ", ".join(left_out[:40]) + ".")
    if len(selected) > limits.MAX_LEADS:
        raise RecordingError(
            "RECORDING_TOO_MANY_LEADS",
            f"{len(selected)} channels might be ECG leads; at most {limits.MAX_LEADS} are read.",
        )
    return selected


def _questions(source: Source, answers: Answers, named: bool, chosen: Sequence[_Lead]) -> tuple[Question, ...]:
    questions = []
    if source.frame_rate is None and answers.rate is None:
        usual = ("250", "500", "360", "1000", "128", "125", "200", "256", "300", "512")
        questions.append(Question("rate", "The file doesn't say how many samples a second it has.", usual))
    silent = [lead for lead in chosen if lead.factor is None]
    unsaid = any(units.is_unit_unknown(channel.unit) for channel in source.channels)
    if answers.unit is None and (silent or (not named and unsaid)):
        columns = tuple(lead.name for lead in silent)
        questions.append(
            Question(
                "unit", "The file doesn't say in which unit of voltage its samples are.", units.CANDIDATES, columns
            )
        )
    if not named:
        columns = tuple(channel.label for channel in source.channels)
        message = f"The file doesn't say which leads its {len(columns)} columns are."
        questions.append(Question("leads", message, leads.STANDARD, columns))
    return tuple(questions)


def _readable(source: Source, chosen: Sequence[_Lead]) -> list[_Lead]:
    """Without the leads whose samples can't be turned into millivolts."""
    faults = [_fault(lead) for lead in chosen]
    for lead, fault in zip(chosen, faults, strict=True):
        if fault:
            source.warn("RECORDING_LEAD_UNREADABLE", f"Lead {lead.name} was left out: {fault}", lead.name)
    readable = [lead for lead, fault in zip(chosen, faults, strict=True) if not fault]
    if not readable:
        raise RecordingError("RECORDING_SCALE_INVALID", f"Lead {chosen[0].name} can't be read: {faults[0]}")
    return readable


def _fault(lead: _Lead) -> str:
    low, high = _STEPS
    step = abs(lead.info.step) * (lead.factor or 1.0)
    if lead.info.fault or low <= step <= high:
        return lead.info.fault
    return f"by its header one digital unit would be {step:.3g} mV."


def _frame_rate(source: Source, answers: Answers, top: int) -> float:
    """Frames a second."""
    stated = source.frame_rate
    if stated is None:
        assert answers.rate is not None  # noqa: S101 - asked for before
        return answers.rate / top
    if not (math.isfinite(stated) and limits.MIN_RATE <= stated * top <= limits.MAX_RATE):
        raise RecordingError("RECORDING_RATE_INVALID", f"{stated * top:g} samples a second are no rate of an ECG.")
    if answers.rate is not None and abs(answers.rate - stated * top) > 0.001 * stated * top:
        source.warn(
            "RECORDING_ANSWER_IGNORED",
            f"The file says itself that it has {stated * top:g} samples a second; {answers.rate:g} was not used.",
        )
    return stated


def _placements(source: Source, frame_rate: float, top: int) -> tuple[Placement, ...]:
    """Where the frames lie on the time line of samples."""
    pieces = source.pieces or (Piece(0.0, 0, source.frames.frames),)
    result: list[Placement] = []
    free = 0
    for piece in pieces:
        limits.check_length(round(min(piece.seconds, 1e12) * frame_rate * top), frame_rate * top)
        begin = round(piece.seconds * frame_rate * top)
        if begin < free - 1:
            raise RecordingError(
                "RECORDING_TIME_DISORDERED", f"At {piece.seconds:.3f} s the recording says that time goes back."
            )
        placement = Placement(max(begin, free), piece.frames * top, piece.frame)
        free = placement.begin + placement.samples
        result.append(placement)
    return tuple(result)


def _scale(source: Source, lead: _Lead, answers: Answers) -> Scale:
    factor = lead.factor
    answered = units.millivolts(answers.unit) if answers.unit else None
    if factor is None:
        assert answered is not None  # noqa: S101 - asked for before
        factor = answered
    elif answered is not None and answered != factor:
        source.warn(
            "RECORDING_ANSWER_IGNORED",
            f"The file says itself that lead {lead.name} is in {lead.info.unit}; {answers.unit} was not used.",
            lead.name,
        )
    return Scale(lead.info.step * factor, lead.info.offset * factor)


def _warn_of_rates(source: Source, chosen: Sequence[_Lead], rate: float) -> None:
    low, high = limits.USUAL_RATES
    if not low <= rate <= high:
        source.warn("RECORDING_RATE_UNUSUAL", f"{rate:g} samples a second are unusual for an ECG.")
    top = max(lead.info.per_frame for lead in chosen)
    for lead in chosen:
        if lead.info.per_frame < top:
            own = rate * lead.info.per_frame / top
            source.warn(
                "RECORDING_LEAD_RESAMPLED",
                f"Lead {lead.name} has {own:g} samples a second; it was brought to {rate:g} by straight lines.",
                lead.name,
            )


def _names(source: Source, chosen: Sequence[_Lead]) -> tuple[str, ...]:
    names = [lead.name for lead in chosen]
    unique = leads.distinct(names)
    for name, original in zip(unique, names, strict=True):
        if name != original:
            source.warn(
                "RECORDING_LEAD_DUPLICATE", f"Several leads are called {original}; one is read as {name}.", name
            )
    return tuple(unique)


def _annotations(source: Source, rate: float, samples: int) -> Annotations:
    marks = source.marks
    if marks is None or not len(marks.seconds):
        return no_annotations()
    at = np.rint(np.asarray(marks.seconds, np.float64) * rate).astype(np.int64)
    within = (at >= 0) & (at < samples)
    if not within.all():
        count = int((~within).sum())
        source.warn("RECORDING_MARKS_OUTSIDE", f"{count} annotations lie outside the recording and were left out.")
    order = np.argsort(at[within], kind="stable")
    symbols, notes = (np.array(texts, np.str_)[within][order] for texts in (marks.symbols, marks.notes))
    return Annotations(at[within][order], symbols, notes)
