from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.pages.result import Kind, PageReading, Reason
from training.evaluation.pages import tables
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


def test_pictures_without_an_ecg_are_counted_by_what_they_were_taken_for() -> None:
    kinds = iter([Kind.NONE, Kind.BEAT, Kind.STRIP] * len(tables.NO_ECG))

    def read(pixels: NDArray[np.uint8]) -> PageReading:
        assert pixels.dtype == np.uint8
        assert pixels.shape[2] == 3
        return PageReading(next(kinds), (10, 10), Reason.NO_ECG)

    counted = tables.refusals(3, 1, read)
    assert set(counted["kind"]) == set(tables.NO_ECG)
    assert "twelve_lead_page" not in tables.NO_ECG
    assert (counted[["refused", "one_beat", "read"]] == 1).all(axis=None)
