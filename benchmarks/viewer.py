"""``python -m benchmarks.viewer``: how fast a recording of a day is seen in the portal, in Chromium.

A synthetic recording of 24 hours, two leads and 360 Hz is kept with the answer of the model in the repository (the
recording repeats itself every half an hour, and so does the answer). Then a browser opens its page again and again,
windows are asked for one after the other, and the strip is moved through an hour at 25 mm/s. Frames are counted beside
those of the same page at rest: a busy machine drops some whatever is drawn.
"""

from __future__ import annotations

import http.client
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import django
import numpy as np
import typer
from playwright.sync_api import Page, sync_playwright
from rich.console import Console

from benchmarks.processes.free_ports import free_port
from benchmarks.processes.programs import stop
from benchmarks.processes.project import ROOT
from benchmarks.recordings.made import made
from ecg import store
from ecg.recording import Recording

if TYPE_CHECKING:
    from inference_server.classification.recordings import RecordingAnalysis

_HALF_HOUR: Final = 0.5
_MODEL: Final = ROOT / "models" / "arrhythmia-recording"
_FIRST_STRIP: Final = """addEventListener("DOMContentLoaded", () => {
  const look = () => {
    if (window.beatlensViewer?.tiles.known.size) {
      requestAnimationFrame(() => requestAnimationFrame(() => { window.firstStrip = performance.now(); }));
    } else setTimeout(look, 4);
  };
  look();
});"""
#: Frames of a quarter of a minute, in milliseconds: at rest, or moving at ``speed`` seconds of recording a second.
_FRAMES: Final = """async (speed) => {
  const viewer = window.beatlensViewer, frames = [], drawn = [];
  const draw = viewer.strip.draw;
  viewer.strip.draw = function () {
    const begin = performance.now();
    draw.call(this);
    drawn.push(performance.now() - begin);
  };
  viewer.scale.setSpeed(25);
  viewer.scale.moveTo(5 * 3600);
  viewer.moved(1);
  await new Promise((done) => setTimeout(done, 1500));
  const began = performance.now();
  let last = began;
  await new Promise((done) => {
    const step = (now) => {
      frames.push(now - last);
      last = now;
      if (speed) { viewer.scale.moveTo(5 * 3600 + ((now - began) / 1000) * speed); viewer.moved(1); }
      if (now - began < 15000) requestAnimationFrame(step); else done();
    };
    requestAnimationFrame(step);
  });
  viewer.strip.draw = draw;
  return [frames.slice(1), drawn];
}"""

console = Console()


def main(
    opens: Annotated[int, typer.Option(help="How often the page is opened.")] = 10,
    windows: Annotated[int, typer.Option(help="How many windows are asked for.")] = 400,
    chromium: Annotated[Path, typer.Option(help="The browser.")] = Path("/usr/bin/chromium"),
) -> None:
    """Print what is measured."""
    with tempfile.TemporaryDirectory() as folder, _portal(Path(folder)) as (address, session, recording_id):
        host, port = address.removeprefix("http://").split(":")
        times = _window_times(http.client.HTTPConnection(host, int(port)), session, recording_id, windows)
        console.print(
            f"{len(times)} windows, sent and received: median {statistics.median(times):.1f} ms,"
            f" 95 % within {np.percentile(times, 95):.1f} ms, worst {max(times):.1f} ms"
        )
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=str(chromium), args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
            )
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
            page = context.new_page()
            _measure_page(page, f"{address}/recordings/{recording_id}/", opens)
            browser.close()


def _measure_page(page: Page, address: str, opens: int) -> None:
    page.add_init_script(_FIRST_STRIP)
    firsts = []
    for _ in range(opens):
        page.goto("about:blank")
        page.goto(address)
        page.wait_for_function("() => window.firstStrip")
        firsts.append(float(page.evaluate("() => window.firstStrip")))
    console.print(
        f"First strip after the click: first time {firsts[0]:.0f} ms,"
        f" then median {statistics.median(firsts[1:]):.0f} ms, worst {max(firsts[1:]):.0f} ms"
    )
    resources: list[list[Any]] = page.evaluate(
        "() => performance.getEntries().filter((entry) => entry.decodedBodySize)"
        ".map((entry) => [entry.name, entry.decodedBodySize, entry.encodedBodySize])"
    )
    page_alone = [
        resource
        for resource in resources
        if not any(word in resource[0] for word in ("/signal/", "/beats/", "/overview"))
    ]
    console.print(
        f"The page with its scripts and styles: {sum(resource[1] for resource in page_alone) / 1000:.0f} kB,"
        f" {sum(resource[2] for resource in page_alone) / 1000:.0f} kB as sent"
    )
    for name, speed in (("at rest", 0), ("an hour in a minute at 25 mm/s", 60), ("as recorded at 25 mm/s", 1)):
        frames, drawn = page.evaluate(_FRAMES, speed)
        late = sum(frame > 1.5 * 1000 / 60 for frame in frames) / len(frames)
        cost = f"; drawing: median {statistics.median(drawn):.1f} ms, 99 % within {np.percentile(drawn, 99):.1f} ms"
        console.print(f"Frames {name}: {len(frames)}, {late:.1%} late{cost if speed else ''}")


def _window_times(connection: http.client.HTTPConnection, session: str, recording_id: str, count: int) -> list[float]:
    """Milliseconds of windows at places and zooms drawn by chance."""
    chance, times = random.Random(1), []  # noqa: S311 - places in a recording
    for _ in range(count):
        factor = 4 ** chance.randrange(6)
        tile = chance.randrange(-(-24 * 3600 * 360 // (8192 * factor)))
        begin = time.perf_counter()
        headers = {"Cookie": f"sessionid={session}"}
        connection.request("GET", f"/recordings/{recording_id}/signal/{factor}/{tile}", headers=headers)
        response = connection.getresponse()
        content = response.read()
        times.append(1000 * (time.perf_counter() - begin))
        if response.status != http.client.OK or content[:4] != b"BLS1":
            raise RuntimeError(f"A window was answered {response.status}.")
    return times[10:]


@contextmanager
def _portal(folder: Path) -> Iterator[tuple[str, str, str]]:
    """The portal with one user and their day: its address, their session, the recording's id."""
    port = free_port()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "webportal.settings.development",
        "BEATLENS_VAR_DIR": str(folder / "var"),
        "BEATLENS_INFERENCE_ADDRESS": "127.0.0.1:9",
        "BEATLENS_INTERNAL_LISTEN": f"127.0.0.1:{free_port()}",
    }
    os.environ.update(environment)
    manage = [sys.executable, "manage.py", "migrate", "--noinput", "--verbosity=0"]
    subprocess.run(manage, cwd=ROOT, env=environment, check=True)
    django.setup()
    session, recording_id = _kept_day()
    command = [sys.executable, "-m", "gunicorn", "webportal.wsgi:application", "--no-control-socket"]
    command += ["--config=python:webportal.gunicorn_conf", f"--bind=127.0.0.1:{port}", "--workers=1", "--threads=8"]
    with (folder / "portal.log").open("ab") as log:
        web = subprocess.Popen([*command, "--log-level=warning"], cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(port, folder / "portal.log")
        yield f"http://127.0.0.1:{port}", session, recording_id
    finally:
        stop(web)


def _wait_for(port: int, log: Path) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"The portal didn't start:\n{log.read_text()[-2000:]}")


def _kept_day() -> tuple[str, str]:
    """The session of a user and the id of their recording."""
    from django.test import Client
    from django.utils import timezone

    from webportal.accounts.models import User
    from webportal.recordings import beats_file, models

    user = User.objects.create_user("viewer", "viewer@localhost", "a-long-passphrase")
    recording = made(24.0, seed=1)
    row = models.Recording(owner=user, name="a day", files=[{"name": "day.dat", "bytes": 1, "sha256": "0" * 64}])
    with row.stored.filling("store", last=store.HEADER) as folder:
        folder.parent.mkdir(parents=True)
        store.write(recording, folder, kind="WFDB")
    row.state, row.finished_at, row.kind = models.Recording.State.READ, timezone.now(), "WFDB"
    row.leads, row.rate = list(recording.leads), recording.rate
    row.samples, row.seconds = recording.samples, recording.seconds
    row.save(force_insert=True)
    said = _answer(recording)
    console.print(f"A day of two leads, {len(said.beats):,} beats.")
    analysis = models.RecordingAnalysis(recording=row, owner=user, state=models.RecordingAnalysis.State.DONE)
    analysis.finished_at, analysis.done_samples, analysis.beats = timezone.now(), recording.samples, len(said.beats)
    analysis.model_name, analysis.model_version = said.model.name, said.model.version
    analysis.summary, analysis.beats_file = beats_file.summary_of(said), f"{analysis.pk}.beats"
    analysis.recording.stored.write(analysis.beats_file, beats_file.pack(said))
    analysis.save(force_insert=True)
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value, str(row.pk)


def _answer(day: Recording) -> RecordingAnalysis:
    """What is said of half an hour, again and again."""
    from inference_server.models.recording_model import RecordingModel
    from inference_server.recordings.analysis import analyse

    newest = max(_MODEL.iterdir(), key=lambda folder: int(folder.name) if folder.name.isdigit() else -1)
    part = analyse(made(_HALF_HOUR, seed=1), RecordingModel.load(newest))
    times = day.samples // part.samples
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(part.beats, name)] * times) for name in part.beats.__slots__
    }
    for name in ("samples", "peaks"):
        columns[name] = columns[name] + np.repeat(np.arange(times) * part.samples, len(part.beats))
    families = tuple(
        replace(
            family,
            members=np.concatenate([family.members + turn * len(part.beats) for turn in range(times)]),
        )
        for family in part.families
    )
    faults = np.tile(part.faults, (1, times))
    return replace(part, beats=replace(part.beats, **columns), families=families, faults=faults, samples=day.samples)


if __name__ == "__main__":
    typer.run(main)
