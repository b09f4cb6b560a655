"""Small WFDB recordings with beats of every class, each class with a shape of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import wfdb

FS = 360
SYMBOLS = ("N", "L", "R", "A", "V", "!", "/", "F")
#: One record for each side of the inter-patient protocol.
RECORDS = {"101": "train", "112": "validation", "100": "test"}
BEATS_PER_SYMBOL = 12
_GAP = 300


def _shape(symbol: str) -> np.ndarray:
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
            beat = _shape(symbol) * generator.uniform(0.9, 1.1)
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
