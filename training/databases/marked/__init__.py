"""Recordings whose beats are marked, at one rate: what is drawn and edited, made of what the readers give."""

from training.databases.database import RecordsError
from training.databases.marked.recording import Beats, MarkedRecording, cut_beats, generator_of, spread_evenly, within

__all__ = ["Beats", "MarkedRecording", "RecordsError", "cut_beats", "generator_of", "spread_evenly", "within"]
