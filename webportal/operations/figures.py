"""How much is asked, what waits, what fails, and whether the answers still look like those in training.

Everything is counted over a recent period by the index of times, never over the whole table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import NormalDist

from django.db.models import Avg, Count, F, Min, QuerySet
from django.utils import timezone
from inference_server.classification import ModelInfo

from webportal.analyses.models import Analysis

#: Pictures below which no drift is claimed, whatever the bounds below say: a few days of one person's are no mix.
ENOUGH_ANSWERS = 300
#: Share of the answers that would have to be of another class to match training; where it is above this for all that
#: chance can do, the mix has drifted. A first guess: what is usual depends on who sends pictures.
LARGEST_MIX_DISTANCE = 0.2
#: The same for the difference of mean confidences.
LARGEST_CONFIDENCE_DIFFERENCE = 0.1
#: How often chance alone may make a bound wrong.
ALPHA = 0.01
#: Errors that are named.
ERRORS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Queue:
    """What has no answer yet."""

    waiting: int
    running: int
    without_server: int
    """Of the waiting ones, those that found no inference server."""
    oldest_seconds: float
    """How long the oldest has waited, 0 when none waits."""


def queue() -> Queue:
    """What has no answer yet, now."""
    open_ones = Analysis.objects.filter(finished_at__isnull=True, state__in=Analysis.OPEN_STATES)
    counts = dict(open_ones.order_by().values_list("state").annotate(Count("pk")))
    oldest: datetime | None = open_ones.aggregate(oldest=Min("created_at"))["oldest"]
    return Queue(
        waiting=counts.get(Analysis.State.QUEUED, 0),
        running=counts.get(Analysis.State.RUNNING, 0),
        without_server=open_ones.filter(state=Analysis.State.QUEUED, reason=Analysis.SERVER_UNAVAILABLE).count(),
        oldest_seconds=max(0.0, (timezone.now() - oldest).total_seconds()) if oldest else 0.0,
    )


@dataclass(frozen=True, slots=True)
class Volume:
    """What was asked within a period and what came of it."""

    period: timedelta
    states: Mapping[str, int]
    verdicts: Mapping[str, int]
    reasons: Mapping[str, int]
    """Why pictures were refused."""
    versions: Mapping[str, int]
    """Answers by model version."""

    @property
    def asked(self) -> int:
        """All of them."""
        return sum(self.states.values())


def _asked_within(period: timedelta) -> QuerySet[Analysis]:
    return Analysis.objects.filter(created_at__gte=timezone.now() - period).order_by()


def _counted(analyses: QuerySet[Analysis], column: str) -> dict[str, int]:
    rows = analyses.exclude(**{column: ""}).values_list(column).annotate(number=Count("pk")).order_by("-number")
    return dict(rows)


def volume(period: timedelta) -> Volume:
    """What was asked within ``period`` until now."""
    analyses = _asked_within(period)
    done = analyses.filter(state=Analysis.State.DONE)
    return Volume(
        period=period,
        states=_counted(analyses, "state"),
        verdicts=_counted(done, "verdict"),
        reasons=_counted(analyses.filter(state=Analysis.State.REJECTED), "reason"),
        versions=_counted(done, "model_version"),
    )


def newest_failures() -> list[Analysis]:
    """The analyses that failed last, newest first."""
    failed = Analysis.objects.filter(state=Analysis.State.FAILED)
    return list(failed.order_by("-created_at", "-id").only("id", "error_id", "created_at")[:ERRORS_SHOWN])


@dataclass(frozen=True, slots=True)
class ClassShare:
    """How often one class is answered, now and to beats like those in training."""

    short: str
    now: float
    training: float | None
    """``None`` when the model doesn't tell."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How the answers of one model version differ from those to beats like those that it was trained on."""

    version: str
    answers: int
    """Answers that are heartbeats."""
    classes: tuple[ClassShare, ...]
    mean_confidence: float | None
    training_confidence: float | None
    confidence_error: float | None
    """How far chance may have moved the mean confidence, at :data:`ALPHA`."""
    mix_distance: float | None
    """Total variation distance of the two mixes: the share of answers that would have to be of another class."""
    mix_distance_at_least: float | None
    """Lower bound of the distance that the pictures behind it would have in the long run, at :data:`ALPHA`."""

    @property
    def is_known(self) -> bool:
        """Whether the model tells what to compare with, and there is something to compare."""
        return self.mix_distance is not None and self.answers >= ENOUGH_ANSWERS

    @property
    def mix_has_drifted(self) -> bool:
        """Whether the mix of classes is farther away than :data:`LARGEST_MIX_DISTANCE`, chance allowed for."""
        return self.is_known and (self.mix_distance_at_least or 0) > LARGEST_MIX_DISTANCE

    @property
    def confidence_has_drifted(self) -> bool:
        """The same of the mean confidence and :data:`LARGEST_CONFIDENCE_DIFFERENCE`."""
        if not self.is_known or None in (self.mean_confidence, self.training_confidence, self.confidence_error):
            return False
        difference = abs((self.mean_confidence or 0) - (self.training_confidence or 0))
        return difference - (self.confidence_error or 0) > LARGEST_CONFIDENCE_DIFFERENCE


def mix_distance_at_least(shares: Sequence[float], distance: float, number: int) -> float:
    """What a mix is at least away from a fixed one, when ``number`` answers with these ``shares`` show ``distance``.

    One answer moves the distance by at most 1 / number, so chance takes it more than sqrt(ln(1 / ALPHA) / 2 number)
    above its mean with a probability of at most :data:`ALPHA` (McDiarmid 1989); that mean is above the true distance by
    at most half the sum of the standard errors of the shares (triangle and Jensen's inequality).
    """
    bias = sum(math.sqrt(share * (1 - share) / number) for share in shares) / 2
    return max(0.0, distance - bias - math.sqrt(math.log(1 / ALPHA) / (2 * number)))


def drift(model: ModelInfo, period: timedelta) -> Drift:
    """The answers of ``model`` within ``period`` beside its training profile.

    What is no heartbeat doesn't count, and a picture counts once however often it was asked about.
    """
    beats = _asked_within(period).filter(state=Analysis.State.DONE, model_version=model.version)
    beats = beats.exclude(verdict=Analysis.Verdict.NOT_A_BEAT)
    counts = dict(beats.values_list("class_short").annotate(number=Count("upload", distinct=True)))
    answers = sum(counts.values())
    expected = model.profile.class_shares if model.profile else None
    shorts = list(dict.fromkeys([*(c.short for c in model.classes), *counts, *(expected or ())]))
    classes = tuple(
        ClassShare(
            short=short,
            now=counts.get(short, 0) / answers if answers else 0.0,
            training=None if expected is None else expected.get(short, 0.0),
        )
        for short in shorts
    )
    distance = at_least = None
    if expected is not None and answers:
        distance = sum(abs(share.now - (share.training or 0.0)) for share in classes) / 2
        at_least = mix_distance_at_least([share.now for share in classes], distance, answers)
    mean, error = _mean_confidence(beats, answers)
    return Drift(
        version=model.version,
        answers=answers,
        classes=classes,
        mean_confidence=mean,
        training_confidence=model.profile.mean_confidence if model.profile else None,
        confidence_error=error,
        mix_distance=distance,
        mix_distance_at_least=at_least,
    )


def _mean_confidence(beats: QuerySet[Analysis], number: int) -> tuple[float | None, float | None]:
    """Mean probability of the answers, and the half width of its interval (normal approximation)."""
    if not number:
        return None, None
    # The variance from two means: SQLite would call back into Python for every row of a standard deviation.
    means = beats.aggregate(mean=Avg("probability"), square=Avg(F("probability") * F("probability")))
    deviation = math.sqrt(max(0.0, means["square"] - means["mean"] ** 2))
    return means["mean"], NormalDist().inv_cdf(1 - ALPHA / 2) * deviation / math.sqrt(number)
