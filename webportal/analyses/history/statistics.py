"""What a person's analyses look like in numbers: how many and when, of which kinds, and how far people agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from webportal.accounts.models import User
from webportal.analyses import access
from webportal.analyses.models import Analysis, Review
from webportal.pages.catalogue import translated

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: Analyses that are asked for the names of their model's classes.
NAMES_FROM = 20
#: Shades of the confusion matrix beside white.
SHADES = 5


@dataclass(frozen=True, slots=True)
class Period:
    """How far back to look, and in which steps."""

    label: StrOrPromise
    steps: int
    by_month: bool
    """Steps of a calendar month; otherwise of a week that begins on Monday."""

    def beginnings(self, today: date) -> list[date]:
        """First day of every step, oldest first; the last step holds ``today``."""
        if not self.by_month:
            monday = today - timedelta(days=today.weekday())
            return [monday - timedelta(weeks=back) for back in reversed(range(self.steps))]
        months = today.year * 12 + today.month - 1
        return [date((months - back) // 12, (months - back) % 12 + 1, 1) for back in reversed(range(self.steps))]


PERIODS = {
    "year": Period(_("12 months"), 12, True),
    "quarter": Period(_("13 weeks"), 13, False),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of time."""

    begins: date
    counts: dict[str, int]
    """Analyses by outcome, in the order of :data:`OUTCOMES`."""

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())


#: Outcomes of an analysis: by verdict, and those without an answer.
OUTCOMES: dict[str, StrOrPromise] = {
    Analysis.Verdict.CONFIDENT.value: Analysis.Verdict.CONFIDENT.label,
    Analysis.Verdict.UNCERTAIN.value: Analysis.Verdict.UNCERTAIN.label,
    Analysis.Verdict.NOT_A_BEAT.value: Analysis.Verdict.NOT_A_BEAT.label,
    "": pgettext_lazy("outcome", "without an answer"),
}


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole."""

    label: StrOrPromise
    count: int
    of: int

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.count / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Cell:
    """How often one reading met one answer."""

    count: int
    shade: int
    """0 (never) to :data:`SHADES` (all of this reading)."""
    agrees: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One reading against every answer."""

    name: str
    cells: list[Cell]
    total: int
    """How often it was read."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """Readings against answers."""

    columns: list[tuple[str, str]]
    """Short name and name of every answer that occurs."""
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Statistics:
    """Everything on the summary page."""

    steps: list[Step]
    kinds: list[Share]
    """How many of the answers that name a beat name each kind, most frequent first."""
    agreement: list[Share]
    """How many of the readings agree with the model: by whom, and by how sure the model was."""
    confusion: Confusion

    @property
    def total(self) -> int:
        """Analyses in the period."""
        return sum(step.total for step in self.steps)


def of(user: User, period: Period) -> Statistics:
    """Statistics of what ``user`` sent in ``period``, without the trash."""
    beginnings = period.beginnings(timezone.localdate())
    since = _midnight(beginnings[0])
    recent = access.own_analyses(user).filter(created_at__gte=since).order_by()
    reviews = access.reviews_of_own(user).filter(analysis__created_at__gte=since).order_by()
    return Statistics(
        steps=_steps(recent, beginnings),
        kinds=_kinds(recent),
        agreement=_agreement(reviews, user),
        confusion=_confusion(recent, reviews),
    )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _steps(recent: QuerySet[Analysis], beginnings: list[date]) -> list[Step]:
    # Compared, not truncated: SQLite would call back into Python for the month of every row.
    ends = [When(created_at__lt=_midnight(day), then=Value(place)) for place, day in enumerate(beginnings[1:])]
    step = Case(*ends, default=Value(len(beginnings) - 1), output_field=IntegerField())
    counted: Counter[tuple[int, str]] = Counter()
    for row in recent.annotate(step=step).values("step", "verdict").annotate(count=Count("pk")):
        counted[row["step"], row["verdict"]] += row["count"]
    return [
        Step(begins, {outcome: counted[place, outcome] for outcome in OUTCOMES})
        for place, begins in enumerate(beginnings)
    ]


def _kinds(recent: QuerySet[Analysis]) -> list[Share]:
    beats = recent.filter(state=Analysis.State.DONE).exclude(verdict=Analysis.Verdict.NOT_A_BEAT)
    counted = Counter({row["class_name"]: row["n"] for row in beats.values("class_name").annotate(n=Count("pk"))})
    return [Share(translated(name), count, counted.total()) for name, count in counted.most_common()]


def _agreement(reviews: QuerySet[Review], user: User) -> list[Share]:
    """Every person's newest reading of a picture counts, also several people's of one picture."""
    newer = Review.objects.filter(
        analysis=OuterRef("analysis"), author=OuterRef("author"), created_at__gt=OuterRef("created_at")
    )
    readings = reviews.filter(~Exists(newer))
    own, verdict = Q(author=user), Analysis.Verdict
    parts: list[tuple[StrOrPromise, Q]] = [
        (_("your readings"), own),
        (_("readings of reviewers"), ~own | Q(author__isnull=True)),
        (_("where the model was confident"), Q(analysis__verdict=verdict.CONFIDENT)),
        (_("where it was uncertain"), Q(analysis__verdict=verdict.UNCERTAIN)),
        (_("where it saw no heartbeat"), Q(analysis__verdict=verdict.NOT_A_BEAT)),
    ]
    counted = readings.aggregate(
        **{f"of{n}": Count("pk", filter=part) for n, (_label, part) in enumerate(parts)},
        **{f"agree{n}": Count("pk", filter=part & Q(agrees=True)) for n, (_label, part) in enumerate(parts)},
    )
    shares = [Share(label, counted[f"agree{n}"], counted[f"of{n}"]) for n, (label, _part) in enumerate(parts)]
    return [share for share in shares if share.of]


def _confusion(recent: QuerySet[Analysis], reviews: QuerySet[Review]) -> Confusion:
    """The newest reading of each picture, whoever wrote it."""
    newest = Review.objects.filter(analysis=OuterRef("pk")).order_by("-created_at", "-id")
    # From the few readings to their analyses, not through all of a long history.
    read = recent.filter(pk__in=reviews.values("analysis")).annotate(read=Subquery(newest.values("class_short")[:1]))
    counted: Counter[tuple[str, str]] = Counter()
    names: dict[str, str] = dict(Review.EXTRA)
    for row in read.values("read", "verdict", "class_short").annotate(n=Count("pk")):
        is_beat = row["verdict"] != Analysis.Verdict.NOT_A_BEAT
        counted[row["read"], row["class_short"] if is_beat else Review.NO_BEAT] += row["n"]
    for probabilities in read.values_list("probabilities", flat=True)[:NAMES_FROM]:
        names |= {entry["short"]: entry["name"] for entry in probabilities}
    # The same order both ways, so that agreement lies on the diagonal.
    occurring = {short for pair in counted for short in pair}
    order = sorted(occurring, key=lambda short: (short in Review.EXTRA, short))
    columns = [short for short in order if any(answer == short for _read, answer in counted)]
    rows = []
    for short in order:
        total = sum(count for (was_read, _answer), count in counted.items() if was_read == short)
        if total:
            cells = [_cell(counted[short, answer], total, agrees=short == answer) for answer in columns]
            rows.append(Row(translated(names.get(short, short)), cells, total))
    return Confusion([(short, translated(names.get(short, short))) for short in columns], rows)


def _cell(count: int, of: int, *, agrees: bool) -> Cell:
    return Cell(count, -(-count * SHADES // of), agrees)
