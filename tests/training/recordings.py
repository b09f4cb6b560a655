"""Small WFDB recordings with beats of every class, each class with a shape of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import wfdb

FS = 360
SYMBOLS = ("N", "L", "R", "A", "V", "!", "/", "F")
#: One record for each partition of the inter-patient protocol.
RECORDS = {"101": "train", "112": "validation", "100": "test"}
BEATS_PER_SYMBOL = 12
_GAP = 300


def shape(symbol: str) -> np.ndarray:
    """Millivolts of a beat from R - 100 to R + 99."""
    t = np.arange(-100, 100)
    width = {"N": 5, "L": 22, "R": 14, "A": 4, "V": 28, "!": 45, "/": 9, "F": 18}[symbol]
    pulse = np.exp(-0.5 * (t / width) ** 2)
    second = {"N": 0.0, "L": 0.0, "R": 0.6, "A": -0.3, "V": -0.8, "!": -0.9, "/": 0.0, "F": 0.3}[symbol]
    pulse = pulse + second * np.exp(-0.5 * ((t - 40) / width) ** 2)
    if symbol == "/":
        pulse[92:95] -= 1.5
    return np.clip((-1 if symbol in "V!" else 1) * pulse, -2, 2)


def write_recordings(folder: Path) -> Path:
    """Write the records and their ``RECORDS`` file into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(RECORDS):
        generator = np.random.default_rng(number)
        symbols = list(SYMBOLS) * BEATS_PER_SYMBOL
        samples = np.arange(len(symbols)) * _GAP + 400
        signal = generator.normal(0, 0.01, size=(samples[-1] + 400, 2))
        for sample, symbol in zip(samples, symbols, strict=True):
            beat = shape(symbol) * generator.uniform(0.9, 1.1)
            signal[sample - 100 : sample + 100, 0] += beat
            signal[sample - 100 : sample + 100, 1] += 0.5 * beat
        leads = ["V5", "MLII"] if name == "112" else ["MLII", "V1"]
        if name == "112":
            signal = signal[:, ::-1]
        wfdb.wrsamp(
            name, fs=FS, units=["mV", "mV"], sig_name=leads, p_signal=signal, fmt=["16", "16"], write_dir=str(folder)
        )
        wfdb.wrann(name, "atr", samples, symbol=symbols, write_dir=str(folder))
    (folder / "RECORDS").write_text("\n".join(RECORDS) + "\n")
    return folder


#: Small copies of the malignant ectopy database: marked rhythms of each record, (seconds, rhythm), 250 Hz.
VFDB_RHYTHMS = {
    "418": [(0.0, "(N"), (4.0, "(VFL"), (12.0, "(N")],
    "419": [(0.0, "(VF"), (10.0, "(NOISE")],
    "421": [(0.0, "(N"), (8.0, "(VT")],
    "429": [(0.0, "(N"), (5.0, "(VFIB")],
}
VFDB_SECONDS = 16
#: Waves a second of their fibrillation; its crests are at multiples of the period.
VFDB_WAVES = 4.0

#: Small copy of PTB-XL: label codes, person, division fold and extra beats of each record; one file is not there.
PTBXL_RECORDS = {
    1: ({"CLBBB": 100.0, "SR": 0.0}, 11, 1, ""),
    2: ({"CLBBB": 100.0}, 11, 1, ""),
    3: ({"NORM": 80.0}, 12, 8, ""),
    4: ({"CRBBB": 100.0}, 13, 9, ""),
    5: ({"PACE": 100.0, "NORM": 0.0}, 14, 10, ""),
    6: ({"NORM": 100.0, "PVC": 100.0}, 15, 2, ""),
    7: ({"NORM": 100.0}, 16, 2, "1ES"),
    8: ({"IMI": 100.0}, 17, 2, ""),
}
PTBXL_WITHOUT_FILES = 9
#: Seconds of the R peaks in every record.
PTBXL_PEAKS = np.arange(0.75, 10, 0.8)


def write_vfdb(folder: Path) -> Path:
    """Write the records of :data:`VFDB_RHYTHMS`."""
    folder.mkdir(parents=True, exist_ok=True)
    time = np.arange(VFDB_SECONDS * 250) / 250
    for name, rhythms in VFDB_RHYTHMS.items():
        waves = 0.8 * np.cos(2 * np.pi * VFDB_WAVES * time)
        signal = np.stack([waves, 0.5 * waves], axis=1)
        wfdb.wrsamp(
            name,
            fs=250,
            units=["mV", "mV"],
            sig_name=["ECG", "ECG2"],
            p_signal=signal,
            fmt=["16", "16"],
            write_dir=str(folder),
        )
        header = folder / f"{name}.hea"
        header.write_text(header.read_text().replace("ECG2", "ECG"))  # as in the database; wfdb writes no such header
        wfdb.wrann(
            name,
            "atr",
            np.array([max(1, int(second * 250)) for second, _ in rhythms]),
            symbol=["+"] * len(rhythms),
            aux_note=[rhythm for _, rhythm in rhythms],
            write_dir=str(folder),
        )
    return folder


def write_ptbxl(folder: Path) -> Path:
    """Write the records of :data:`PTBXL_RECORDS` and their table, whose last record has no files."""
    time = np.arange(5000) / 500
    nothing = np.zeros(len(time))
    beat = sum((np.exp(-0.5 * ((time - peak) / 0.012) ** 2) for peak in PTBXL_PEAKS), nothing)
    wave = sum((0.2 * np.exp(-0.5 * ((time - peak - 0.25) / 0.04) ** 2) for peak in PTBXL_PEAKS), nothing)
    leads = ["I", "II", "III", "V1", "V5"]
    gains = np.array([0.5, 1.0, 0.5, -0.7, 0.8])
    lines = ["ecg_id,patient_id,sex,scp_codes,strat_fold,extra_beats,filename_hr"]
    for number, (codes, person, fold, extra) in {
        **PTBXL_RECORDS,
        PTBXL_WITHOUT_FILES: ({"NORM": 100.0}, 18, 1, ""),
    }.items():
        path = f"records500/00000/{number:05d}_hr"
        lines.append(f'{number},{person}.0,{person % 2},"{codes}",{fold},{extra},{path}')
        if number == PTBXL_WITHOUT_FILES:
            continue
        noise = np.random.default_rng(number).normal(0, 0.005, size=(len(time), len(leads)))
        target = folder / "records500" / "00000"
        target.mkdir(parents=True, exist_ok=True)
        wfdb.wrsamp(
            f"{number:05d}_hr",
            fs=500,
            units=["mV"] * len(leads),
            sig_name=leads,
            p_signal=(beat + wave)[:, None] * gains + noise,
            fmt=["16"] * len(leads),
            write_dir=str(target),
        )
    (folder / "ptbxl_database.csv").write_text("\n".join(lines) + "\n")
    return folder
