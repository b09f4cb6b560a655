"""Fitting the networks that estimate how many seconds a picture shows, measured on people whom they don't know."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from ecg.pictures.ink.window_length import CLASSIC_SECONDS, LONG
from training.databases import people
from training.datasets.window_lengths import Windows

#: Units of the hidden layers.
_HIDDEN: Final = (64, 24)
_EPOCHS: Final = 30
#: Their estimates are averaged: one alone takes more short windows for long ones.
_NETWORKS: Final = 4
#: How evenly symbols are drawn: 0 as often as they are there, 1 all alike.
_EVENLY: Final = 0.7

#: Lengths of windows that are told apart in the table, seconds.
_BANDS: Final = ((0.0, 0.45), (0.45, 0.52), (0.52, 0.6), (0.6, 0.72), (0.72, 0.95), (0.95, 1.05), (1.05, np.inf))

#: The fold of people who are measured on.
_UNKNOWN_FOLD: Final = 0


def fit(windows: Windows) -> list[MLPRegressor]:
    """Networks that have learned the logarithm of how many classic windows each shows (Adam, mean squared error).

    Windows are drawn with repetition, so that wide beats, which are rare, aren't taken for short windows of others.
    """
    _, kind, counts = np.unique(windows.symbols, return_inverse=True, return_counts=True)
    chances = 1.0 / counts[kind] ** _EVENLY
    networks = []
    for seed in range(_NETWORKS):
        drawn = np.random.default_rng(seed).choice(len(kind), size=len(kind), p=chances / chances.sum())
        network = MLPRegressor(
            hidden_layer_sizes=_HIDDEN,
            alpha=1e-2,
            learning_rate_init=2e-3,
            batch_size=256,
            max_iter=_EPOCHS,
            n_iter_no_change=_EPOCHS,  # its loss never ends it early
            random_state=seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it has so many epochs, whatever its loss does
            networks.append(network.fit(windows.inputs[drawn], np.log(windows.seconds[drawn] / CLASSIC_SECONDS)))
    return networks


def save(networks: list[MLPRegressor], path: Path) -> None:
    """Write the weights as :data:`ecg.pictures.ink.window_length.WEIGHTS` are read, in half precision."""
    arrays = {}
    for layer in range(len(_HIDDEN) + 1):
        arrays[f"kernel_{layer}"] = np.stack([network.coefs_[layer] for network in networks]).astype(np.float16)
        biases = np.stack([network.intercepts_[layer] for network in networks])
        arrays[f"bias_{layer}"] = biases[:, None].astype(np.float16)
    np.savez_compressed(path, allow_pickle=False, **arrays)


def divided(windows: Windows) -> tuple[Windows, Windows]:
    """Those to learn from, and those of people who are measured on."""
    stored = people.stored_folds()
    unknown = np.array([people.fold_of(group, stored) == _UNKNOWN_FOLD for group in windows.groups.tolist()])
    return windows.only(~unknown), windows.only(unknown)


def measured(networks: list[MLPRegressor], windows: Windows) -> pd.DataFrame:
    """A row for each band of lengths: how far estimates are off, and how many windows are taken for long ones."""
    logarithms = np.mean([network.predict(windows.inputs) for network in networks], axis=0)
    estimated = CLASSIC_SECONDS * np.exp(logarithms)
    rows = []
    for low, high in _BANDS:
        chosen = (windows.seconds >= low) & (windows.seconds < high)
        if chosen.any():
            rows.append({"from": low, "to": high} | _figures(estimated[chosen], windows.seconds[chosen]))
    return pd.DataFrame(rows)


def _figures(estimated: NDArray[np.float64], seconds: NDArray[np.float64]) -> dict[str, float]:
    off = np.log(estimated / seconds)
    return {
        "windows": len(seconds),
        "median_off": round(float(np.median(np.abs(off))), 4),
        "bias": round(float(off.mean()), 4),
        "called_long": round(float((estimated >= LONG).mean()), 4),
    }
