"""Names of synthetic recordings."""

from __future__ import annotations

import pandas as pd
import pytest

from training.synthetic import bundle_branch_block, names
from training.synthetic.names import SyntheticName

RECORDS = pd.Series(["101", "left0-101", "ptbxl-00042", "ptbxl-turned11-00042", "ptbxl-right0-00042", "vfdb-418"])


def test_a_name_is_its_parts() -> None:
    assert names.parse("turned11-00042") == SyntheticName("turned", 11, "00042")
    assert str(SyntheticName("turned", 11, "00042")) == "turned11-00042"


@pytest.mark.parametrize(
    "name", ["", "101", "left-101", "0-101", "left0-", "left0-x", "ptbxl-00042", "ptbxl-left0-00042"]
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not the name of a synthetic recording"):
        names.parse(name)


def test_synthetic_rows_are_recognised() -> None:
    assert names.rows(RECORDS).tolist() == [False, True, False, True, True, False]


def test_rows_of_some_kinds_are_told_from_all_others() -> None:
    assert names.rows(RECORDS, bundle_branch_block.BLOCKS).tolist() == [False, True, False, False, True, False]


def test_origins_are_named_as_in_tables() -> None:
    origins = names.origins(RECORDS).tolist()
    assert origins == ["101", "101", "ptbxl-00042", "ptbxl-00042", "ptbxl-00042", "vfdb-418"]
