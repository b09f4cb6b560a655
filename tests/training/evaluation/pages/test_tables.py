from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.pages.result import Kind, PageReading, Reason
from training.evaluation.pages import tables
from training.evaluation.pages.finished import Finished
from training.evaluation.pages.scoring import PageScore


def page(**others: object) -> PageScore:
    values = {
        "read": True,
        "snr": 20.0,
        "amplitude_error": 0.02,
        "layout_right": True,
        "names_right": True,
        "scale_wrong": False,
        "warned": False,
        "scale_told": True,
        "peaks_drawn": 10,
        "peaks_read": 10,
        "peaks_right": 10,
        "beats": 10,
        "beats_alike": 10,
    }
    return PageScore(**values | others)  # type: ignore[arg-type]


def test_a_refused_page_lowers_every_share_of_its_group() -> None:
    refused = page(
        read=False,
        snr=0.0,
        amplitude_error=float("nan"),
        layout_right=False,
        names_right=False,
        peaks_read=0,
        peaks_right=0,
        beats=0,
        beats_alike=0,
    )
    row = tables.row("group", [page(), page(peaks_read=12, beats_alike=8), refused, refused])
    assert row["read"] == 50
    assert row["snr_mean"] == 10
    assert row["peaks_se"] == 50
    assert row["peaks_ppv"] == round(100 * 20 / 22, 2)
    assert row["layout"] == row["names"] == 50
    assert row["amplitude_error"] == 2
    assert row["same_class"] == 90


def test_a_wrong_scale_counts_only_where_nobody_was_warned() -> None:
    pages = [page(scale_wrong=True), page(scale_wrong=True, warned=True), page(), page()]
    assert tables.row("group", pages)["scale_wrong_unwarned"] == 25


def test_pages_that_do_not_say_their_scale_have_no_say_in_the_figures_of_those_that_do() -> None:
    unknown = page(snr=-5.0, scale_told=False, peaks_right=0)
    row = tables.row("group", [page(), page(snr=24.0, peaks_right=8), unknown, page(snr=17.0)])
    assert row["scale_told"] == 75
    assert row["snr_mean_told"] == round(61 / 3, 2)
    assert row["snr_mean"] == 14
    assert (row["peaks_se_told"], row["peaks_se"]) == (round(100 * 28 / 30, 2), 70)


def test_pictures_without_an_ecg_are_counted_by_what_they_were_taken_for(tmp_path: Path) -> None:
    number = sum(len(kinds) for kinds in tables.NO_ECG.values())
    kinds = iter([Kind.NONE, Kind.BEAT, Kind.STRIP] * number)

    def read(pixels: NDArray[np.uint8]) -> PageReading:
        assert pixels.dtype == np.uint8
        assert pixels.shape[2] == 3
        return PageReading(next(kinds), (10, 10), Reason.NO_ECG)

    done = tmp_path / "done.jsonl"
    counted = tables.refusals(3, 1, read, Finished(done, {}))
    single = counted[counted["kind"] != "all"]
    for group in ("fitting", "testing"):
        assert set(single["kind"][single["group"] == group]) == set(tables.NO_ECG[group])
    assert (single[["refused", "one_beat", "read"]] == 1).all(axis=None)
    assert counted[counted["kind"] == "all"]["pictures"].tolist() == [
        3 * len(kinds) for kinds in tables.NO_ECG.values()
    ]
    # Nothing is read again.
    assert tables.refusals(3, 1, read, Finished(done, {})).equals(counted)


def test_kinds_without_an_ecg_show_none_and_are_in_one_group() -> None:
    fitting, testing = tables.NO_ECG.values()
    assert not set(fitting) & set(testing)
    assert min(len(fitting), len(testing)) >= 24
    assert "twelve_lead_page" not in fitting | testing
