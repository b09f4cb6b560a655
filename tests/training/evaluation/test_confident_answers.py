"""How often new people are answered confidently, by bounds that other people chose."""

from __future__ import annotations

import pytest

from tests.training.out_of_fold import Row, fold_of
from training.evaluation import confident_answers
from training.evaluation.people import LEAD_II, PeopleError


def _crowd(database: str, truth: str, predicted: str, probability: float, people: int, lead: str = "II") -> list[Row]:
    return [Row(f"{database}-{truth}{number}", truth, predicted, 2, probability, lead) for number in range(people)]


def test_thresholds_come_from_the_people_of_the_other_folds() -> None:
    right = _crowd("mitdb", "PVC", "PVC", 0.8, 40)
    wrong = _crowd("ptbxl", "LBBB", "PVC", 0.8, 40)
    table = confident_answers.table([fold_of(right, 0), fold_of(wrong, 1)]).set_index(["leads", "of", "name"])
    # Those who are right were judged by people of whom nobody was, and the other way round.
    assert table.loc[LEAD_II, "database", "mitdb"]["answered"] == 0
    assert table.loc[LEAD_II, "database", "ptbxl"]["answered"] == 1
    assert table.loc[LEAD_II, "database", "ptbxl"]["right"] == 0


def test_rows_count_people_and_beats_by_truth_and_by_answer() -> None:
    folds = [
        fold_of(
            [
                *_crowd(f"mitdb{fold}", "NORMAL", "NORMAL", 0.9, 50),
                *_crowd(f"mitdb{fold}", "PAC", "NORMAL", 0.9, 30),
                *_crowd(f"mitdb{fold}", "PVC", "NORMAL", 0.6, 25),
                *_crowd(f"mitdb{fold}", "RBBB", "PVC", 0.9, 25, lead="V1"),
            ],
            fold,
        )
        for fold in range(2)
    ]
    table = confident_answers.table(folds).set_index(["leads", "of", "name"])
    normal = table.loc[LEAD_II, "class", "NORMAL"]
    assert (normal["people"], normal["beats"], normal["answered"], normal["right"]) == (100, 200, 1.0, 1.0)
    assert table.loc[LEAD_II, "class", "PAC"]["right"] == 1  # one group with normal
    unsure = table.loc[LEAD_II, "class", "PVC"]
    assert (unsure["answered"], unsure["holds"]) == (0.0, 1.0)
    assert unsure["plausible"] > 1
    assert table.loc[LEAD_II, "answer", "NORMAL"]["beats"] == 420
    assert table.loc["any lead", "class", "RBBB"]["people"] == 50
    assert (LEAD_II, "class", "RBBB") not in table.index


def test_one_fold_can_not_judge_itself() -> None:
    with pytest.raises(PeopleError, match="only one"):
        confident_answers.table([fold_of(_crowd("mitdb", "PVC", "PVC", 0.8, 40))])


def test_a_model_file_tells_how_often_a_group_is_right_by_answer_and_by_person() -> None:
    folds = [
        fold_of(
            [
                *_crowd(f"mitdb{fold}", "NORMAL", "NORMAL", 0.9, 40),
                *_crowd(f"mitdb{fold}", "PAC", "NORMAL", 0.9, 20),
                Row(f"mitdb{fold}-missed", "PVC", "NORMAL", 1, 0.9),
                *_crowd(f"mitdb{fold}", "RBBB", "PVC", 0.9, 25, lead="V1"),
            ],
            fold,
        )
        for fold in range(2)
    ]
    (normal,) = confident_answers.of_groups(folds)
    assert normal["classes"] == ["NORMAL", "PAC"]
    # Two of each fold's 121 answers about 61 people: one person's only beat was missed.
    assert (normal["people"], normal["answers"]) == (122, 242)
    assert normal["right"] == pytest.approx(240 / 242, abs=1e-4)
    assert normal["right_by_person"] == pytest.approx(120 / 122, abs=1e-4)


def test_a_lead_that_nothing_was_learned_from_is_measured_where_there_are_enough_people() -> None:
    folds = [
        fold_of(
            [
                *_crowd(f"mitdb{fold}", "NORMAL", "NORMAL", 0.9, 40),
                *_crowd(f"qtdb{fold}", "PVC", "PVC", 0.9, 30, lead="V5"),
                *_crowd(f"mitdb{fold}", "NORMAL", "NORMAL", 0.8, 30, lead="V1"),
                # Sure enough for other people's bounds in this lead, which were not right for these.
                *_crowd(f"ludb{fold}", "PACED" if fold else "LBBB", "PACED", 0.9, 30, lead="V1"),
                *_crowd(f"mitdb{fold}", "NORMAL", "NORMAL", 0.9, 5, lead="V2"),
            ],
            fold,
        )
        for fold in range(2)
    ]
    second, alike, first_chest = confident_answers.of_leads(folds)
    assert (second["leads"], second["learned"]) == (["II"], True)
    assert [group["classes"] for group in second["confident_answers"]] == [["NORMAL", "PAC"]]
    assert (alike["leads"], alike["learned"]) == (["I", "aVF", "V5", "V6"], True)
    assert [group["classes"] for group in alike["confident_answers"]] == [["PVC"]]
    assert (first_chest["leads"], first_chest["learned"]) == (["V1"], False)
    (normal,) = first_chest["confident_answers"]
    assert (normal["classes"], normal["people"], normal["right"]) == (["NORMAL", "PAC"], 60, 1.0)
