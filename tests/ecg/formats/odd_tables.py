"""Odd tables and JSON documents."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ecg.formats import Answers
from tests.ecg.formats import made, made_tables
from tests.ecg.formats.odd import TABLE_MV, Odd, single, with_gap


def table_with(rows: NDArray[np.float64], change: Callable[[list[str]], list[str]]) -> str:
    lines = made_tables.table(rows).splitlines()
    return "\n".join([lines[0], *change(lines[1:])]) + "\n"


def one_lead(times: Callable[[int], str], head: str = "time,II (mV)\n") -> str:
    """Lead II with times as they are written."""
    return head + "\n".join(f"{times(at)},{value:.3f}" for at, value in enumerate(TABLE_MV[0])) + "\n"


def over_the_hour(before: str, after: str, end: str = "") -> Callable[[int], str]:
    """Times of which the hour ends after five seconds."""
    return lambda at: f"{before if at < 1250 else after}{(55 + at / 250) % 60:06.3f}{end}"


def twice(every: int) -> str:
    """Each so manieth row stands twice."""
    return table_with(
        TABLE_MV, lambda lines: [line for at, line in enumerate(lines) for _ in range(1 + (at % every == every - 1))]
    )


def with_remarks(lines: list[str]) -> list[str]:
    return [part for at, line in enumerate(lines) for part in ([f"# event {at}", line] if at % 500 == 250 else [line])]


def in_thousands() -> str:
    """Microvolts above a thousand, as spreadsheets write them in German."""
    rows = TABLE_MV.T * 1000 + 3000
    return "II (µV);V1 (µV)\n" + "\n".join(
        ";".join(f"{value:,.1f}".translate(str.maketrans(",.", ".,")) for value in row) for row in rows
    )


SENTINEL = np.where((np.arange(2500) >= 500) & (np.arange(2500) < 510), -32768, TABLE_MV)

TABLES: dict[str, Odd] = {
    "table as it should be": Odd(single(made_tables.table()), values=TABLE_MV, leads=("II", "V1")),
    "table with semicolons and decimal commas": Odd(
        single(made_tables.table(separator=";", decimal=",", head="Zeit (s);II (mV);V1 (mV)\n")),
        ("RECORDING_DECIMAL_COMMA",),
        values=TABLE_MV,
    ),
    "table with commas for both": Odd(
        single(made_tables.table(made.digital() + 4000, times=False, head="", digits=3, decimal=",")),
        refused="RECORDING_NUMBERS_AMBIGUOUS",
    ),
    "table with tabs, CR and a mark": Odd(
        single(made_tables.table(separator="\t", end="\r", head="time (s)\tII (mV)\tV1 (mV)\n").encode("utf-8-sig")),
        values=TABLE_MV,
    ),
    "table in UTF-16": Odd(single(made_tables.table().encode("utf-16")), values=TABLE_MV),
    "table with microvolts in Windows-1252": Odd(
        single(made_tables.table(made.digital(gain=1e3), head="time (s),II (µV),V1 (µV)\n").encode("cp1252")),
        values=TABLE_MV,
    ),
    "table without rate and unit": Odd(single(made_tables.table(times=False, head="II,V1\n")), asked=("rate", "unit")),
    "table without anything": Odd(single(made_tables.table(times=False, head="")), asked=("rate", "unit", "leads")),
    "table without anything, answered": Odd(
        single(made_tables.table(times=False, head="")),
        values=TABLE_MV,
        leads=("II", "V1"),
        answers=Answers(rate=250, unit="mV", leads=("II", "V1")),
    ),
    "table answered otherwise than it says": Odd(
        single(made_tables.table()),
        ("RECORDING_ANSWER_IGNORED",) * 3,
        values=TABLE_MV,
        answers=Answers(rate=500, unit="uV"),
    ),
    "table answered with too few names": Odd(
        single(made_tables.table(times=False, head="")),
        refused="RECORDING_ANSWER_INVALID",
        answers=Answers(rate=250, unit="mV", leads=("II",)),
    ),
    "table with a gap in its times": Odd(
        single(table_with(TABLE_MV, lambda lines: lines[:1000] + lines[1250:])),
        ("RECORDING_GAPS",),
        values=with_gap(TABLE_MV[:, np.r_[:1000, 1250:2500]], 1000, 250),
    ),
    "table with times that go back": Odd(
        single(table_with(TABLE_MV, lambda lines: lines[1000:] + lines[:1000])), refused="RECORDING_TIME_DISORDERED"
    ),
    "table with NaN": Odd(
        single(table_with(TABLE_MV, lambda lines: [*lines[:500], "2.000,NaN,0.1", "2.004,,0.1", *lines[502:]])),
        ("RECORDING_VALUES_MISSING",),
    ),
    "table with a remark in the middle": Odd(
        single(table_with(TABLE_MV, lambda lines: [*lines[:500], "electrode lost", *lines[501:]])),
        ("RECORDING_GAPS", "RECORDING_ROWS_DAMAGED"),
        values=np.where(np.arange(2500) == 500, np.nan, TABLE_MV),
    ),
    "table cut in its last line": Odd(
        single(made_tables.table()[:-8]), ("RECORDING_TRUNCATED",), values=TABLE_MV[:, :-1]
    ),
    "table cut in its last number": Odd(
        single(made_tables.table()[:-2]), ("RECORDING_TRUNCATED",), values=TABLE_MV[:, :-1]
    ),
    "table of irregular times": Odd(
        single(table_with(TABLE_MV, lambda lines: [line for at, line in enumerate(lines) if at % 7 not in (1, 2, 5)])),
        refused="RECORDING_RATE_IRREGULAR",
    ),
    "table with a rate that its times contradict": Odd(
        single("# sampling rate: 500 Hz\n" + made_tables.table()), ("RECORDING_RATE_CONTRADICTORY",), values=TABLE_MV
    ),
    "table with times in seconds of the day only": Odd(
        single(
            "time,II (mV)\n" + "\n".join(f"12:00:{at // 250:02d},{value:.3f}" for at, value in enumerate(TABLE_MV[0]))
        ),
        ("RECORDING_TIME_COARSE",),
        values=TABLE_MV[:1],
    ),
    "table over midnight": Odd(
        single(
            "time,II (mV)\n"
            + "\n".join(
                f"{(23 + (55 + at / 250 >= 60)) % 24:02d}:{'59' if 55 + at / 250 < 60 else '00'}:"
                f"{(55 + at / 250) % 60:06.3f},{value:.3f}"
                for at, value in enumerate(TABLE_MV[0])
            )
        ),
        values=TABLE_MV[:1],
    ),
    "table of a rate that is none": Odd(single(made_tables.table(rate=0.25)), refused="RECORDING_RATE_INVALID"),
    "table whose times may be milliseconds or rows": Odd(
        single("time,II (mV)\n" + "\n".join(f"{at},{value:.3f}" for at, value in enumerate(TABLE_MV[0]))),
        asked=("rate",),
    ),
    "table whose times are surely milliseconds": Odd(
        single("time,II (mV)\n" + "\n".join(f"{at * 4},{value:.3f}" for at, value in enumerate(TABLE_MV[0]))),
        ("RECORDING_TIME_UNIT_ASSUMED",),
        values=TABLE_MV[:1],
    ),
    "table with times since 1970": Odd(
        single("t,II (mV)\n" + "\n".join(f"{17e11 + at * 4:.0f},{value:.3f}" for at, value in enumerate(TABLE_MV[0]))),
        values=TABLE_MV[:1],
    ),
    "table with times rounded to milliseconds": Odd(
        single(
            "t (ms),II (mV)\n" + "\n".join(f"{at * 1000 / 256:.0f},{value:.3f}" for at, value in enumerate(TABLE_MV[0]))
        ),
        values=TABLE_MV[:1],
        rate=256,
    ),
    "table with times in minutes": Odd(
        single("min,II (mV)\n" + "\n".join(f"{at / 15000:.8f},{value:.3f}" for at, value in enumerate(TABLE_MV[0]))),
        values=TABLE_MV[:1],
    ),
    "table with German dates": Odd(
        single(
            "Zeit;EKG II (mV)\n"
            + "\n".join(
                f"01.02.2024 12:00:{at / 250:06.3f};{value:.3f}".replace(".", ",").replace("01,02,", "01.02.")
                for at, value in enumerate(TABLE_MV[0])
            )
        ),
        ("RECORDING_DECIMAL_COMMA",),
        values=TABLE_MV[:1],
    ),
    "table whose filters have frequencies": Odd(
        single(
            "# Filter 0.05-150 Hz, notch 50 Hz\n# Mains frequency: 50 Hz\n"
            + made_tables.table(times=False, head="II (mV),V1 (mV)\n")
        ),
        asked=("rate",),
    ),
    "table that gives two rates": Odd(
        single("# Sampling rate: 250\n# fs = 500 Hz\n" + made_tables.table(times=False, head="II (mV),V1 (mV)\n")),
        asked=("rate",),
    ),
    "table with its interval": Odd(
        single("acq file\n4 msec/sample\n" + made_tables.table(times=False, head="II,V1\nmV,mV\n")), values=TABLE_MV
    ),
    "table with its length before its samples": Odd(
        single("4 msec/sample\nECG (.5 - 35 Hz)\nmV\n2500\n" + "\n".join(f"{value:.3f}" for value in TABLE_MV[0])),
        ("RECORDING_ROWS_DAMAGED",),
        values=TABLE_MV[:1],
    ),
    "table of a converter's counts": Odd(
        single(made_tables.table(made.digital() + 1024, head="'sample #','MLII','V5'\n", digits=0, rate=1)),
        asked=("rate", "unit"),
    ),
    "table of OpenSignals": Odd(
        single(
            '# OpenSignals Text File Format\n# {"00:07": {"sensor": ["ECG"], "sampling rate": 1000}}\n# EndOfHeader\n'
            + "\n".join(f"{at % 16}\t{value + 512}\t" for at, value in enumerate(made.digital()[0]))
        ),
        asked=("unit", "leads"),
    ),
    "table of many columns without names": Odd(
        single("\n".join(",".join(["0.1"] * 188) for _ in range(50))), refused="RECORDING_TOO_MANY_LEADS"
    ),
    "table of leads line by line": Odd(
        single("\n".join(",".join([name, *map(str, row)]) for name, row in zip(("II", "V1"), TABLE_MV, strict=True))),
        values=TABLE_MV,
        leads=("II", "V1"),
        answers=Answers(rate=250, unit="mV"),
    ),
    "table with typographic minus signs": Odd(
        single(made_tables.table().replace("-", "\N{MINUS SIGN}")), values=TABLE_MV
    ),
    "table with points between thousands": Odd(single(in_thousands()), refused="RECORDING_NUMBERS_AMBIGUOUS"),
    "table over noon": Odd(single(one_lead(over_the_hour("12:59:", "1:00:", " PM"))), values=TABLE_MV[:1]),
    "table over a change of clocks": Odd(
        single(
            one_lead(
                lambda at: over_the_hour("2024-03-31T01:59:", "2024-03-31T03:00:", "+01:00" if at < 1250 else "+02:00")(
                    at
                )
            )
        ),
        values=TABLE_MV[:1],
    ),
    "table over midnight, days before months": Odd(
        single(one_lead(over_the_hour("05/03/2024 23:59:", "06/03/2024 00:00:"))), refused="RECORDING_TIME_DISORDERED"
    ),
    "table with every thirtieth row twice": Odd(single(twice(30)), refused="RECORDING_RATE_IRREGULAR"),
    "table with a row twice": Odd(single(twice(2000)), ("RECORDING_ROWS_DAMAGED",), rate=2500 / 9.996),
    "table of a line for each lead": Odd(
        single(
            "time (s),lead,mV\n"
            + "\n".join(
                f"{at / 250:.3f},{name},{value:.3f}"
                for at, row in enumerate(TABLE_MV.T)
                for name, value in zip(("II", "V1"), row, strict=True)
            )
        ),
        refused="RECORDING_TABLE_IRREGULAR",
    ),
    "table with remarks between its rows": Odd(
        single(table_with(TABLE_MV, with_remarks)), ("RECORDING_ROWS_DAMAGED",), values=TABLE_MV
    ),
    "table with its header once more": Odd(
        single(table_with(TABLE_MV, lambda lines: [*lines[:900], "time (s),II (mV),V1 (mV)", *lines[900:]])),
        ("RECORDING_ROWS_DAMAGED",),
        values=TABLE_MV,
    ),
    "table with means below it": Odd(
        single(made_tables.table() + "Mean,0.1,0.1\nSD,0.2,0.2\n"), ("RECORDING_ROWS_DAMAGED",), values=TABLE_MV
    ),
    "table with a resolution above its whole numbers": Odd(
        single("# Resolution: 5 uV/bit\n" + made_tables.table(made.digital(), digits=0, head="s,II (uV),V1 (uV)\n")),
        ("RECORDING_GAIN_NOT_APPLIED",),
        values=made.digital() / 1000,
    ),
    "table with a number for what is missing": Odd(
        single(made_tables.table(SENTINEL)), ("RECORDING_VALUES_OUT_OF_RANGE",) * 2, values=SENTINEL
    ),
    "table with a comma between the thousands of its rate": Odd(
        single("Sampling rate: 1,000 Hz\n" + made_tables.table(times=False, head="II (mV),V1 (mV)\n")),
        values=TABLE_MV,
        rate=1000,
    ),
    "table that tells a spreadsheet its separator": Odd(
        single("sep=;\n" + made_tables.table(separator=";", head="time (s);II (mV);V1 (mV)\n")), values=TABLE_MV
    ),
    "table of text": Odd(single("Dear Sir,\nI have 2 leads.\nYours, 1 patient\n"), refused="RECORDING_TABLE_IRREGULAR"),
    "apple": Odd(
        single(
            'Name,A B\nRecorded Date,2020-01-01 10:00:00 +0100\nDevice,"W5,3"\nSample Rate,512 hertz\n\nLead,Lead I\n'
            + "Unit,µV\n\n\n"
            + "\n".join(f"{value * 1000:.3f}" for value in TABLE_MV[0])
        ),
        values=TABLE_MV[:1],
        leads=("I",),
        rate=512,
    ),
    "apple in German": Odd(
        single(
            "Name,A B\nAufzeichnungsdatum,2020-01-01 10:00:00 +0100\nAbtastrate,512 Hertz\n\nAbleitung,Ableitung I\n"
            + "Einheit,µV\n\n\n"
            + "\n".join(f"{value * 1000:.3f}".replace(".", ",") for value in TABLE_MV[0])
        ),
        ("RECORDING_DECIMAL_COMMA",),
        values=TABLE_MV[:1],
        leads=("I",),
        rate=512,
    ),
}

JSON: dict[str, Odd] = {
    "json by lead": Odd(
        single(
            json.dumps({"fs": 250, "unit": "mV", "leads": {"II": TABLE_MV[0].tolist(), "V1": TABLE_MV[1].tolist()}})
        ),
        values=TABLE_MV,
        leads=("II", "V1"),
    ),
    "json row by row": Odd(
        single(json.dumps([{"time": at / 250, "II": value} for at, value in enumerate(TABLE_MV[0].tolist())])),
        asked=("unit",),
    ),
    "json as a matrix": Odd(
        single(json.dumps({"fs": "250 Hz", "units": "mV", "lead_names": ["II", "V1"], "data": TABLE_MV.T.tolist()})),
        values=TABLE_MV,
        leads=("II", "V1"),
    ),
    "json without rate and unit": Odd(single(json.dumps({"ecg": TABLE_MV[0].tolist()})), asked=("rate", "unit")),
    "json with null": Odd(
        single(
            json.dumps(
                {"fs": 250, "unit": "mV", "II": [None, *TABLE_MV[0].tolist()], "V1": [0.1, *TABLE_MV[1].tolist()]}
            )
        ),
        ("RECORDING_VALUES_MISSING",),
    ),
    "json with R peaks and a heart rate": Odd(
        single(
            json.dumps(
                {
                    "name": "Somebody Else",
                    "fs": 250,
                    "heart_rate": {"value": 72, "unit": "bpm"},
                    "r_peaks": [100, 307, 514],
                    "signal": {"unit": "mV", "values": TABLE_MV[0].tolist()},
                }
            )
        ),
        ("RECORDING_CHANNELS_LEFT_OUT",),
        values=TABLE_MV[:1],
        leads=("ECG",),
    ),
    "json with a lead that ends early": Odd(
        single(json.dumps({"fs": 250, "unit": "mV", "II": TABLE_MV[0].tolist(), "V1": TABLE_MV[1, :900].tolist()})),
        ("RECORDING_LEADS_UNEQUAL", "RECORDING_VALUES_MISSING"),
        values=np.stack([TABLE_MV[0], np.where(np.arange(2500) < 900, TABLE_MV[1], np.nan)]),
    ),
    "json with a filter": Odd(
        single(json.dumps({"fs": 250, "filter": {"frequency": 50}, "unit": "mV", "II": TABLE_MV[0].tolist()})),
        values=TABLE_MV[:1],
    ),
    "json with a filter and no rate": Odd(
        single(json.dumps({"notch": {"freq": 50}, "unit": "mV", "II": TABLE_MV[0].tolist()})), asked=("rate",)
    ),
    "json with an interval for a rate": Odd(
        single(json.dumps({"sampling_interval_us": 4000, "unit": "mV", "II": TABLE_MV[0].tolist()})), asked=("rate",)
    ),
    "json with a name twice": Odd(
        single(f'{{"fs": 250, "unit": "mV", "II": {TABLE_MV[0].tolist()}, "II": {TABLE_MV[1].tolist()}}}'),
        refused="RECORDING_CONTRADICTORY",
    ),
    "json with a resolution beside whole numbers": Odd(
        single(json.dumps({"fs": 250, "unit": "uV", "resolution": 5, "II": made.digital()[0].tolist()})),
        ("RECORDING_GAIN_NOT_APPLIED",),
        values=made.digital()[:1] / 1000,
    ),
    "json cut off": Odd(single(json.dumps({"fs": 250, "II": TABLE_MV[0].tolist()})[:-9]), refused="RECORDING_DAMAGED"),
    "json nested a thousand times": Odd(single("[" * 100_000 + "1" + "]" * 100_000), refused="RECORDING_DAMAGED"),
    "json with two rates": Odd(
        single(json.dumps({"fs": 250, "sampling_rate": 500, "unit": "mV", "II": TABLE_MV[0].tolist()})),
        refused="RECORDING_CONTRADICTORY",
    ),
}
