"""How often new people are answered confidently, and how often such an answer is right.

The thresholds of each fold are decided on the people of the other folds (:mod:`training.learning.confidence`), in the
leads that networks learn from, so that nobody is answered by a bound that their own beats chose.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecg.classes import groups_of
from inference_server.classification import Verdict
from inference_server.models.decision import Thresholds, decide
from training.datasets import lead_groups
from training.evaluation import metrics
from training.evaluation.metrics import TableRow
from training.evaluation.people import ALIKE, ALL, People, PeopleError
from training.learning import confidence
from training.learning.predictions import Predictions

InLeads = Callable[[NDArray[np.str_]], NDArray[np.bool_]]
"""Which of the leads' names, ``[N]``, are asked about."""

#: Share of the confident answers of a group that must have been right in a lead that nothing was learned from: bounds
#: of few people there promise what does not hold for others (in V1, 0.78 of the answers *paced*).
LEAST_RIGHT: Final = 0.95


@dataclass(frozen=True, slots=True)
class _Answered:
    """Beats with what was answered; rows correspond."""

    people: People
    confident: NDArray[np.bool_]
    holds: NDArray[np.bool_]
    """Whether the true class stays plausible; of a confident answer: whether it is right."""
    sizes: NDArray[np.int64]
    """How many groups stay plausible."""

    def only(self, chosen: NDArray[np.bool_]) -> _Answered:
        """The chosen beats."""
        return _Answered(self.people.only(chosen), self.confident[chosen], self.holds[chosen], self.sizes[chosen])


def table(folds: Sequence[Predictions], *, risk: float = confidence.RISK) -> pd.DataFrame:
    """A row for each group of leads and, within, for all beats, each database, and each class by truth and by answer.

    Args:
        folds: the out-of-fold predictions of a recipe, one for each fold.
        risk: how many of the confident answers may be wrong.

    Raises:
        PeopleError: there is one fold only, or the predictions don't say whose beats they are for.
    """
    whole = _answered_by_others(folds, risk)
    rows: list[TableRow] = []
    for leads, chosen in whole.people.by_lead():
        for of_what, name, part in _parts(whole.only(chosen)):
            if len(part.confident):
                identity: TableRow = {"leads": leads, "of": of_what, "name": name}
                rows.append(identity | _row(part))
    return pd.DataFrame(rows)


def decided_on(
    folds: Sequence[Predictions],
    *,
    risk: float = confidence.RISK,
    without: Collection[str] = (),
    in_leads: InLeads = lead_groups.look_alike,
) -> Thresholds:
    """The thresholds that come of the out-of-fold predictions, in the leads that networks learn from.

    Args:
        folds: see :func:`table`.
        risk: how many of the confident answers may be wrong.
        without: people who have no say.
        in_leads: other leads.

    Raises:
        PeopleError: the predictions don't say whose beats they are for.
    """
    people = People.of(folds)
    asked = in_leads(people.whose.leads) & ~np.isin(people.whose.people, sorted(without))
    people = people.only(asked)
    groups = groups_of(people.shorts)
    return confidence.thresholds(people.probabilities, people.truth, people.whose.people, groups, risk=risk)


def class_scores(folds: Sequence[Predictions]) -> dict[str, float]:
    """What a model file tells of each class in new people, in the leads that networks learn from.

    Beside what :func:`training.evaluation.metrics.class_scores` gives, by ``<protocol>/<class>/<score>``:
    ``answered``, the share of beats with this most probable class that are answered confidently, ``right``, the share
    of those answers that are, and ``asked``, of how many people these beats are.

    Raises:
        PeopleError: there is one fold only, or the predictions don't say whose beats they are for.
    """
    protocol = folds[0].config.protocol
    people = People.of(folds)
    people = people.only(lead_groups.look_alike(people.whose.leads))
    scores = metrics.class_scores(people.probabilities, people.truth, protocol, people.shorts, people.whose.people)
    rows = table(folds)
    for _, row in rows[(rows["leads"] == ALIKE) & (rows["of"] == "answer")].iterrows():
        names = f"{protocol}/{row['name']}"
        scores |= {f"{names}/answered": float(row["answered"]), f"{names}/asked": float(row["people"])}
        if not pd.isna(row["right"]):
            scores[f"{names}/right"] = float(row["right"])
    return scores


def of_groups(folds: Sequence[Predictions]) -> list[dict[str, Any]]:
    """How often confident answers are right, in the leads that networks learn from.

    Returns:
        The entry ``confident_answers`` of a model file: for each group of classes that one picture can't tell apart and
        that is ever answered confidently, the fields of :class:`inference_server.classification.ConfidentAnswers`.

    Raises:
        PeopleError: there is one fold only, or the predictions don't say whose beats they are for.
    """
    whole = _answered_by_others(folds, confidence.RISK)
    return _by_group(whole.only(lead_groups.look_alike(whole.people.whose.leads)))


def of_leads(folds: Sequence[Predictions]) -> list[dict[str, Any]]:
    """The same lead by lead.

    Returns:
        The entry ``lead_answers`` of a model file, but for thresholds: the leads that networks learn from in the groups
        of :data:`training.datasets.lead_groups.LEARNED`; then each other lead with beats of enough people, where what
        is confident is decided on other people's beats in this lead, and groups of classes are left out whose confident
        answers were right less often than :data:`LEAST_RIGHT`, or went to fewer people than
        :data:`training.learning.confidence.LEAST_PEOPLE`.

    Raises:
        PeopleError: there is one fold only, or the predictions don't say whose beats they are for.
    """
    whole = _answered_by_others(folds, confidence.RISK)
    names = whole.people.whose.leads
    entries = [
        {
            "leads": list(group),
            "learned": True,
            "confident_answers": _by_group(whole.only(lead_groups.is_lead(names, *group))),
        }
        for group in lead_groups.LEARNED
    ]
    for lead in lead_groups.others(names):
        asked = lead_groups.is_lead(names, lead)
        if len(np.unique(whole.people.whose.people[asked])) < confidence.LEAST_PEOPLE:
            continue
        measured = _by_group(_answered_by_others(folds, confidence.RISK, in_lead(lead)).only(asked))
        enough = [
            group for group in measured if group["people"] >= confidence.LEAST_PEOPLE and group["right"] >= LEAST_RIGHT
        ]
        if enough:
            entries.append({"leads": [lead], "learned": False, "confident_answers": enough})
    return entries


def in_lead(lead: str) -> InLeads:
    """The lead of that standard name, and those that stand in for it."""
    return lambda names: lead_groups.is_lead(names, lead)


def _by_group(asked: _Answered) -> list[dict[str, Any]]:
    """The fields of :class:`inference_server.classification.ConfidentAnswers` for each group of classes."""
    confident = asked.only(asked.confident)
    entries = []
    for group in groups_of(asked.people.shorts):
        part = confident.only(np.isin(confident.people.predicted, group))
        if not len(part.holds):
            continue
        of_people = pd.Series(part.holds).groupby(part.people.whose.people).mean()
        entries.append(
            {
                "classes": [asked.people.shorts[label] for label in group],
                "people": len(of_people),
                "answers": len(part.holds),
                "right": round(float(part.holds.mean()), 4),
                "right_by_person": round(float(of_people.mean()), 4),
            }
        )
    return entries


def _answered_by_others(
    folds: Sequence[Predictions], risk: float, in_leads: InLeads = lead_groups.look_alike
) -> _Answered:
    """The beats of all people, each answered by the thresholds that come of the other folds, in these leads."""
    if len(folds) < 2:
        raise PeopleError("Thresholds come from the people of other folds; there is only one.")
    parts = [People.of([fold]) for fold in folds]
    answered = [
        _answered(part, decided_on([fold for fold in folds if fold is not own], risk=risk, in_leads=in_leads))
        for own, part in zip(folds, parts, strict=True)
    ]
    return _Answered(
        People.of(folds),
        *(np.concatenate([getattr(part, field) for part in answered]) for field in ("confident", "holds", "sizes")),
    )


def _answered(people: People, thresholds: Thresholds) -> _Answered:
    count = len(people.truth)
    confident, holds, sizes = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool), np.zeros(count, dtype=np.int64)
    for row, (probabilities, truth) in enumerate(
        zip(people.probabilities.tolist(), people.truth.tolist(), strict=True)
    ):
        decision = decide(probabilities, 0.0, thresholds)
        confident[row] = decision.verdict is Verdict.CONFIDENT
        holds[row] = truth in decision.prediction_set
        sizes[row] = sum(group[0] in decision.prediction_set for group in thresholds.groups)
    return _Answered(people, confident, holds, sizes)


def _parts(answered: _Answered) -> Iterator[tuple[str, str, _Answered]]:
    people = answered.people
    yield ALL, ALL, answered
    for database in np.unique(people.whose.databases).tolist():
        yield "database", database, answered.only(people.whose.databases == database)
    for label, short in enumerate(people.shorts):
        yield "class", short, answered.only(people.truth == label)
    for label, short in enumerate(people.shorts):
        yield "answer", short, answered.only(people.predicted == label)


def _row(part: _Answered) -> TableRow:
    """Shares: of the beats, how many are answered; of those, how many rightly; of the others, of how many the true
    class stays plausible, among how many groups on average.
    """
    confident, unsure = part.confident, ~part.confident
    return {
        "people": len(np.unique(part.people.whose.people)),
        "beats": len(confident),
        "answered": round(float(confident.mean()), 4),
        "right": round(float(part.holds[confident].mean()), 4) if confident.any() else None,
        "holds": round(float(part.holds[unsure].mean()), 4) if unsure.any() else None,
        "plausible": round(float(part.sizes[unsure].mean()), 2) if unsure.any() else None,
    }
