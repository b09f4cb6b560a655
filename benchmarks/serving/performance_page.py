"""docs/performance.md, from the figures of :mod:`benchmarks.serving`."""

from __future__ import annotations

import statistics
from typing import Any, Final

_HEAD: Final = """# Performance

Made by `python -m benchmarks.serving --write docs/performance.md`; do not edit.

Measured on {cpu}, {cpus} CPUs, Python {python}:
{rounds} rounds, {seconds:g} s for every measurement; load generator and server on the same CPUs, access log and
metrics on. When it began, other work kept the machine at a load average of {load:.1f} (0: idle).

The **floor** is the same picture through the same decoder and the same ONNX file in one process on {cpus} threads,
without any transport: {floor} pictures a second ({floor_least} to {floor_most}), {floor_cpu} of CPU a picture. Other work on the
machine moves all speeds together, so speeds are ratios to the floor just before and after: median of the
rounds, least and largest in brackets. Every answer is counted by the server; a missing or refused one ends the run.

"""

_PEERS: Final = ("KServe REST", "MLServer REST")
_PEERS_TEXT: Final = """**KServe** and **MLServer** run in environments of their own with {cpus} worker processes each, over HTTP/1.1 with the
picture as base64 in JSON, as their own examples send pictures: same decoder, model file and step from file to class.

"""


def page(figures: dict[str, Any]) -> str:
    """The page as Markdown."""
    floor = [measured["pictures_per_second"] for measured in figures["floor"]]
    text = _HEAD.format(
        **figures["machine"],
        rounds=figures["rounds"],
        seconds=figures["seconds"],
        floor=f"{statistics.median(floor):.0f}",
        floor_least=f"{min(floor):.0f}",
        floor_most=f"{max(floor):.0f}",
        floor_cpu=_milliseconds([measured["cpu_seconds"] for measured in figures["floor"]]),
    )
    text += "| load | calls at once | connections | ÷ floor | p50 | p99 | p99 ÷ p50 | server CPU a picture |\n"
    text += "|---|---|---|---|---|---|---|---|\n"
    for shape in figures["shapes"]:
        text += _row(shape, f"| {_milliseconds(shape['cpu_seconds'])} |")
    text += "\n## Other ways\n\n"
    text += "The **plain gRPC server** is grpcio's own with a thread a CPU: same decoder, model and messages; no queue, no limits,\n"
    text += "no metrics, no log. The **old way** is Flask's own server and Keras' `predict` on one picture a request, with the same\n"
    text += "network.\n\n"
    if any(rival["title"] in _PEERS for rival in figures["rivals"]):
        text += _PEERS_TEXT.format(cpus=figures["machine"]["cpus"])
    text += "| load | calls at once | connections | ÷ floor | p50 | p99 | p99 ÷ p50 | failed | Beatlens ÷ this |\n"
    text += "|---|---|---|---|---|---|---|---|---|\n"
    for rival in figures["rivals"]:
        ours = [
            shape
            for shape in figures["shapes"]
            if shape["concurrency"] == rival["concurrency"] and shape["title"] == "one picture a call"
        ]
        times = _times(ours[-1]["ratio"], rival["ratio"]) if ours else ""
        text += _row(rival, f"| {statistics.median(rival['failed']):.0%} | {times} |")
    overload, memory = figures["overload"], figures["memory"]
    text += f"\n## Overload: {overload['callers']} callers, {overload['queue']} places in the queue\n\n"
    text += "Times as a Python client on the same CPUs sees them.\n\n"
    text += "| | median of the rounds | largest |\n|---|---|---|\n"
    for name, title in (
        ("refused_p50", "refused calls, p50"),
        ("refused_p99", "refused calls, p99"),
        ("answered_p50", "answered calls, p50"),
        ("answered_p99", "answered calls, p99"),
    ):
        values = [outcomes[name] for outcomes in overload["rounds"] if outcomes[name] is not None]
        if values:
            text += f"| {title} | {_milliseconds(values)} | {max(values) * 1000:.1f} ms |\n"
    for name, title in (("crossed", "answers to another picture"), ("unexpected", "other outcomes")):
        values = [outcomes[name] for outcomes in overload["rounds"]]
        text += f"| {title} | {statistics.median(values):g} | {max(values):g} |\n"
    text += "\n## Memory and start\n\n"
    text += f"All processes together {memory['all'] / 1e6:.0f} MB (shared pages once), the largest "
    text += f"{memory['largest_process'] / 1e6:.0f} MB, at the end of the run.\nFrom start to SERVING "
    text += f"{statistics.median(figures['start_seconds']):.2f} s ({min(figures['start_seconds']):.2f} to "
    text += f"{max(figures['start_seconds']):.2f}).\n"
    return text


def _row(series: dict[str, Any], rest: str) -> str:
    ratio = series["ratio"]
    digits = 2 if statistics.median(ratio) >= 0.1 else 4
    tail = statistics.median(p99 / p50 for p50, p99 in zip(series["p50"], series["p99"], strict=True))
    return (
        f"| {series['title']} | {series['concurrency']} | {series['connections']} "
        f"| **{statistics.median(ratio):.{digits}f}** ({min(ratio):.{digits}f} to {max(ratio):.{digits}f}) "
        f"| {_milliseconds(series['p50'])} | {_milliseconds(series['p99'])} | {tail:.1f} {rest}\n"
    )


def _milliseconds(seconds: list[float]) -> str:
    value = statistics.median(seconds) * 1000
    return f"{value:.1f} ms" if value >= 10 else f"{value:.2f} ms"


def _times(ours: list[float], theirs: list[float]) -> str:
    times = statistics.median(ours) / statistics.median(theirs)
    return f"{times:.0f} ×" if times >= 10 else f"{times:.2f} ×"
