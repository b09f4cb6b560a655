"""Runs a function on a stranger's bytes in a process of its own, with limits on time, memory and files.

Decoders and parsers are where hostile files do harm: they loop, they allocate, they crash. Here such work costs one
short-lived process, and nothing that it breaks outlives it. The processes are forked off a small server process that
has the decoders loaded (:mod:`ecg.confinement.server`), so one costs a few milliseconds. :mod:`multiprocessing`'s own
fork server would run the program's main module in each of them again, whatever that is.

What comes back is plain data (:data:`Plain`): nothing that a captured process might send can run code here.
"""

from ecg.confinement.limits import Limits
from ecg.confinement.running import (
    ConfinementError,
    Crashed,
    NoTurn,
    Plain,
    TookTooLong,
    TookTooMuchMemory,
    Turns,
    run,
)

__all__ = [
    "ConfinementError",
    "Crashed",
    "Limits",
    "NoTurn",
    "Plain",
    "TookTooLong",
    "TookTooMuchMemory",
    "Turns",
    "run",
]
