"""What strangers can do to the portal, as a bounded command: slow clients, and pictures that are costly to decode.

``python -m benchmarks.endurance portal-attack`` starts the whole system as ``make run`` does. Two hundred clients of
each kind of slowness hold connections open; then, beside as many of all kinds together, people with accounts send
pictures that are small to send and costly to decode. Meanwhile somebody looks at the home page, probes ask for health,
and others send good pictures, one of them over a slow network. It ends with 1 unless all of that was answered in time,
no process took more than twice its resting memory and 200 MB, and everything was at rest again within 30 seconds.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from benchmarks.portal.costly_pictures import jpeg_of_many_scans, numbered, png_of_deep_pixels
from benchmarks.portal.good_people import Answers, at_work
from benchmarks.portal.slow_clients import KINDS, crowd_of
from benchmarks.portal.visitor import UploadFailed, Visitor, pictures, sessions
from benchmarks.portal.watching import Memory, Probe, asked, settle
from benchmarks.portal.whole_system import System, running

HOME_SECONDS: Final = 2.0
HEALTH_SECONDS: Final = 1.0
REST_SECONDS: Final = 30.0
#: People who send good pictures, beside the one over a slow network.
_GOOD_PEOPLE: Final = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of what."""

    clients: int
    """Slow ones of one kind at once."""
    seconds: float
    """That each attack lasts."""
    attackers: int
    """People who send costly pictures; none: that attack is left out."""
    slow_seconds: float
    """That the good picture over a slow network takes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attack."""

    attack: str
    home: Probe
    health: tuple[Probe, Probe]
    """The portal's and the inference server's."""
    memory: dict[str, Any]
    memory_kept: bool
    attackers: dict[str, int]
    """How the attackers fared."""

    @property
    def good(self) -> bool:
        """Whether every promise was kept."""
        in_time = all(probe.kept(HEALTH_SECONDS) for probe in self.health) and self.home.kept(HOME_SECONDS)
        return in_time and self.memory_kept

    def told(self) -> dict[str, Any]:
        """For the report."""
        probes = {probe.name: probe.told() for probe in (self.home, *self.health)}
        return {"attack": self.attack, **probes, "memory": self.memory, "attackers": self.attackers, "good": self.good}


def attack(folder: Path, plan: Plan) -> dict[str, Any]:
    """Run it in ``folder``; returns the report, ``good`` in it says whether all promises were kept."""
    with running(folder) as system:
        _use_database_of(system)
        keys = sessions(_GOOD_PEOPLE + 1 + plan.attackers)
        _warm_up(system, keys[0])
        settle(system.processes)  # workers for recordings load their model once pictures are served
        memory = Memory(system.processes)
        most = 60 + int((len(KINDS) + 1) * plan.seconds + plan.slow_seconds)
        work = at_work(
            system.portal, keys[:_GOOD_PEOPLE], keys[_GOOD_PEOPLE], slow_seconds=plan.slow_seconds, most=most
        )
        with work as answers:
            attacks: dict[str, Callable[[], dict[str, int]]] = {
                kind: partial(_slow, system, {kind: plan.clients}, plan.seconds) for kind in KINDS
            }
            if plan.attackers:
                attacks["costly pictures"] = partial(_costly, system, keys[_GOOD_PEOPLE + 1 :], plan)
            outcomes = [_watched(name, system, memory, run) for name, run in attacks.items()]
        waited = _wait_for_rest(system, memory)
        unanswered = _unanswered(answers)
    rested = waited <= REST_SECONDS
    good_pictures = {
        "taken": len(answers.taken), "refused": dict(Counter(answers.refused)), "not answered": unanswered,
        "slowest": round(answers.slowest, 2), "over a slow network": answers.slow_upload,
    }  # fmt: skip
    return {
        "attacks": [outcome.told() for outcome in outcomes],
        "good pictures": good_pictures,
        "at rest after": round(waited, 1) if rested else f"more than {REST_SECONDS:.0f} s: {_not_at_rest(memory)}",
        "good": all(outcome.good for outcome in outcomes) and rested and not answers.refused and not unanswered,
    }


def _use_database_of(system: System) -> None:
    os.environ |= {"BEATLENS_VAR_DIR": str(system.var), "DJANGO_SETTINGS_MODULE": "webportal.settings.development"}
    import django

    django.setup()


def _warm_up(system: System, session: str) -> None:
    """Use what will be used, so that what is loaded once isn't counted as the attack's."""
    visitor = Visitor(system.portal, session)
    for picture in pictures(20, seed=99):
        visitor.send(picture)
        system.home()
    visitor.close()


def _watched(name: str, system: System, memory: Memory, run: Callable[[], dict[str, int]]) -> Outcome:
    memory.forget()
    with (
        memory.watched(),
        asked("home", system.home) as home,
        asked("health", system.portal_health) as health,
        asked("server health", system.server_health) as server_health,
    ):
        attackers = run()
    worst = memory.worst
    described = {
        "process": worst.command, "resting MB": worst.resting >> 20, "largest MB": worst.largest >> 20,
        "allowed MB": worst.allowed >> 20,
    }  # fmt: skip
    return Outcome(name, home, (health, server_health), described, worst.largest <= worst.allowed, attackers)


def _slow(system: System, sizes: dict[str, int], seconds: float) -> dict[str, int]:
    """Slow clients for so long; returns what became of their connections."""
    with ExitStack() as stack:
        crowds = [stack.enter_context(crowd_of(kind, size, system.portal)) for kind, size in sizes.items()]
        time.sleep(seconds)
        return {word: sum(getattr(crowd, word) for crowd in crowds) for word in ("opened", "ended", "refused")}


def _costly(system: System, keys: Sequence[str], plan: Plan) -> dict[str, int]:
    """Everybody sends costly pictures, beside slow clients of all kinds; returns what they were answered."""
    costly = jpeg_of_many_scans(), png_of_deep_pixels()
    end = time.monotonic() + plan.seconds
    with ExitStack() as stack, ThreadPoolExecutor(len(keys)) as pool:
        for kind in KINDS:
            stack.enter_context(crowd_of(kind, plan.clients // len(KINDS), system.portal))
        answers = [
            pool.submit(_send_costly, system.portal, key, costly, itertools.count(number, len(keys)), end)
            for number, key in enumerate(keys)
        ]
        return dict(sum((answer.result() for answer in answers), Counter[str]()))


def _send_costly(port: int, key: str, costly: Sequence[bytes], numbers: Iterator[int], end: float) -> Counter[str]:
    """One attacker's pictures, no two alike, each once whatever the time; returns what was answered."""
    outcomes: Counter[str] = Counter()
    for turn, picture in enumerate(itertools.cycle(costly)):
        if turn >= len(costly) and time.monotonic() > end:
            break
        try:
            visitor = Visitor(port, key)
            visitor.send(numbered(picture, next(numbers)))
            outcomes["taken"] += 1
            visitor.close()
        except (UploadFailed, OSError, http.client.HTTPException) as problem:
            outcomes[f"{type(problem).__name__}: {problem}"] += 1
    return outcomes


def _wait_for_rest(system: System, memory: Memory) -> float:
    """Seconds until memory and connections are as before, or a little more than they may take."""
    begun = time.monotonic()
    while True:
        memory.look()
        waited = time.monotonic() - begun
        with suppress(OSError, ValueError):
            if memory.is_at_rest and system.connections() < 10:
                return waited
        if waited > REST_SECONDS:
            return waited
        time.sleep(0.5)


def _not_at_rest(memory: Memory) -> str:
    large = [process for process in memory.processes.values() if not process.is_at_rest]
    sizes = [f"{process.command} {process.now >> 20} MB, before {process.resting >> 20} MB" for process in large]
    return "; ".join(sizes) or "connections"


def _unanswered(answers: Answers) -> int:
    """How many of the good pictures have no answer, nor get one while everything comes to rest."""
    from webportal.analyses.models import Analysis

    end = time.monotonic() + REST_SECONDS
    mine = Analysis.objects.filter(pk__in=answers.taken)
    while mine.filter(finished_at__isnull=True).exists() and time.monotonic() < end:
        time.sleep(0.5)
    return len(answers.taken) - mine.exclude(finished_at=None).exclude(state=Analysis.State.FAILED).count()


def command(
    clients: Annotated[int, typer.Option(min=len(KINDS), help="Slow clients of each kind.")] = 200,
    seconds: Annotated[float, typer.Option(min=1, help="That each attack lasts.")] = 20,
    attackers: Annotated[int, typer.Option(min=0, help="People who send costly pictures; 0: none are sent.")] = 8,
    slow_seconds: Annotated[float, typer.Option(min=0, help="That a good picture takes over a slow network.")] = 60,
) -> None:
    """Slow clients and costly pictures against the portal: others are answered in time, and memory is given back."""
    with tempfile.TemporaryDirectory(prefix="beatlens-attack-") as folder:
        report = attack(Path(folder), Plan(clients, seconds, attackers, slow_seconds))
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    if not report["good"]:
        raise typer.Exit(1)
