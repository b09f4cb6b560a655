"""Odd EDF and BDF files."""

from __future__ import annotations

from typing import Any

import numpy as np

from ecg.formats import Answers
from tests.ecg.formats import made
from tests.ecg.formats.odd import EDF_MV, Odd, single, with_gap

D_ONSETS = [0, 1, 2, 3, 4, 7.5, 8.5, 9.5, 10.5, 11.5]
BDF_SCALE: Any = {"size": 3, "physical": (-8388608, 8388607), "ends": (-8388608, 8388607), "unit": "nV"}

EDF: dict[str, Odd] = {
    "edf as it should be": Odd(single(made.edf()), values=EDF_MV, leads=("II", "V1")),
    "edf with another name": Odd(lambda: {"photo.png": made.edf()}, values=EDF_MV),
    "edf+c with annotations": Odd(single(made.edf(kind="EDF+C", texts=["a", "b"])), values=EDF_MV),
    "edf+d with a gap": Odd(
        single(made.edf(kind="EDF+D", onsets=D_ONSETS)), ("RECORDING_GAPS",), values=with_gap(EDF_MV, 1250, 625)
    ),
    "edf+c with a gap all the same": Odd(
        single(made.edf(kind="EDF+C", onsets=D_ONSETS)),
        ("RECORDING_GAPS", "RECORDING_NOT_CONTINUOUS"),
        values=with_gap(EDF_MV, 1250, 625),
    ),
    "edf+d that doesn't say where its gaps are": Odd(
        single(made.edf()[:192] + b"EDF+D".ljust(44) + made.edf()[236:]), ("RECORDING_ONSETS_MISSING",), values=EDF_MV
    ),
    "edf+d that goes back in time": Odd(
        single(made.edf(kind="EDF+D", onsets=[0, 1, 2, 3, 4, 2.5, 8, 9, 10, 11])), refused="RECORDING_TIME_DISORDERED"
    ),
    "edf+d with a gap of centuries": Odd(
        single(made.edf(kind="EDF+D", onsets=[0, 1, 2, 3, 4, *range(10**9, 10**9 + 5)])), refused="RECORDING_TOO_LONG"
    ),
    "edf with -1 records": Odd(single(made.edf(records=-1)), ("RECORDING_RECORD_COUNT_UNKNOWN",), values=EDF_MV),
    "edf with 0 records": Odd(single(made.edf(records=0)), refused="RECORDING_HEADER_INVALID"),
    "edf with fewer records than announced": Odd(single(made.edf(records=99)), ("RECORDING_TRUNCATED",), values=EDF_MV),
    "edf with more records than announced": Odd(
        single(made.edf(records=8)), ("RECORDING_TRAILING_DATA",), values=EDF_MV[:, :2000]
    ),
    "edf cut in the middle of a record": Odd(
        single(made.edf()[:-100]), ("RECORDING_TRUNCATED",), values=EDF_MV[:, :-250]
    ),
    "edf cut in its header": Odd(single(made.edf()[:600]), refused="RECORDING_TRUNCATED"),
    "edf digital minimum = maximum": Odd(single(made.edf(ends=(0, 0))), refused="RECORDING_SCALE_INVALID"),
    "edf physical minimum = maximum": Odd(single(made.edf(physical=(5, 5))), refused="RECORDING_SCALE_INVALID"),
    "edf with an absurd range": Odd(single(made.edf(physical=(-1e30, 1e30))), refused="RECORDING_SCALE_INVALID"),
    "edf digital minimum above maximum": Odd(
        single(made.edf(ends=(32767, -32768))), ("RECORDING_LEAD_INVERTED",) * 2, values=-EDF_MV
    ),
    "edf turned round": Odd(single(made.edf(physical=(5000, -5000))), values=-EDF_MV),
    "edf with decimal commas": Odd(
        single(made.edf(unit="mV", physical=("-5,0", "5,0"))), ("RECORDING_DECIMAL_COMMA",), values=EDF_MV
    ),
    "edf with text for a number": Odd(single(made.edf(physical=("low", "high"))), refused="RECORDING_SCALE_INVALID"),
    "edf microvolts in Latin-1": Odd(single(made.edf(unit="µV")), values=EDF_MV),
    "edf without a unit": Odd(single(made.edf(unit="")), asked=("unit",)),
    "edf in a unit that nobody knows": Odd(single(made.edf(unit="blob")), asked=("unit",)),
    "edf of a lead in percent": Odd(single(made.edf(unit="%")), refused="RECORDING_NO_ECG"),
    "edf without a unit, answered": Odd(single(made.edf(unit="")), values=EDF_MV, answers=Answers(unit="uV")),
    "edf microvolts called millivolts": Odd(single(made.edf(unit="mV")), ("RECORDING_AMPLITUDE_IMPLAUSIBLE",) * 2),
    "edf millivolts called microvolts": Odd(
        single(made.edf(physical=(-5, 5))), ("RECORDING_AMPLITUDE_IMPLAUSIBLE",) * 2
    ),
    "edf with 12 of 16 bits": Odd(
        single(made.edf(made.digital(gain=2048 / 5), ends=(-2048, 2047))),
        values=(made.digital(gain=2048 / 5) + 2048).astype(np.float64) * (10 / 4095) - 5,
    ),
    "edf with 12 bits announced and 16 used": Odd(
        single(made.edf(ends=(-2048, 2047))),
        ("RECORDING_VALUES_OUT_OF_RANGE",) * 2 + ("RECORDING_AMPLITUDE_IMPLAUSIBLE",),
    ),
    "edf records that last no time": Odd(single(made.edf(duration=0)), refused="RECORDING_RATE_INVALID"),
    "edf rate of no whole number": Odd(single(made.edf(duration="0.99")), values=EDF_MV, rate=250 / 0.99),
    "edf with a respiration": Odd(
        single(made.edf(labels=("ECG II", "Resp"))), ("RECORDING_CHANNELS_LEFT_OUT",), values=EDF_MV[:1]
    ),
    "edf without an ECG": Odd(single(made.edf(labels=("EEG C3-A2", "Resp"))), refused="RECORDING_NO_ECG"),
    "edf with an unknown name": Odd(
        single(made.edf(labels=("ECG II", "foo"))), ("RECORDING_LEAD_UNKNOWN",), values=EDF_MV, leads=("II", "foo")
    ),
    "edf with 9,999 signals": Odd(
        single(made.edf()[:252] + b"9999" + made.edf()[256:]), refused="RECORDING_TOO_MANY_LEADS"
    ),
    "edf without a date": Odd(
        single(made.edf(start="xx.xx.xxyy.yy.yy").replace(b"Startdate 01-FEB-2024", b"Startdate X          ")),
        ("RECORDING_START_INVALID",),
        values=EDF_MV,
    ),
    "edf in two units": Odd(
        single(
            made.edf()
            .replace(b"uV      uV      ", b"uV      mV      ")
            .replace(b"-5000   -5000   5000    5000    ", b"-5000   -5      5000    5       ")
        ),
        values=EDF_MV,
    ),
    "bdf+d with a gap and a status": Odd(
        single(
            made.edf(
                np.stack([made.digital(1, gain=1e6)[0], np.zeros(2500, np.int64)]),
                labels=("ECG II", "Status"),
                kind="BDF+D",
                onsets=D_ONSETS,
                **BDF_SCALE,
            )
        ),
        ("RECORDING_CHANNELS_LEFT_OUT", "RECORDING_GAPS"),
        values=with_gap(made.digital(1, gain=1e6) / 1e6, 1250, 625),
    ),
    "bdf": Odd(
        single(made.edf(made.digital(gain=1e6), **BDF_SCALE)),
        values=made.digital(gain=1e6) / 1e6,
    ),
}
