"""Files without a row are collected, and no others."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.storage.memory import InMemoryStorage
from django.core.management import call_command
from django.db import connection
from django.db.models import FileField
from pytest_django.fixtures import Settings

from webportal.accounts.models import User
from webportal.analyses import services
from webportal.analyses.models import Analysis
from webportal.analyses.upkeep import orphans
from webportal.analyses.upkeep import sweeper as sweeper_module

pytestmark = pytest.mark.django_db


def lay(folder: Path, name: str, *, age: float = 7200) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"left behind")
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def with_rows(media: Path, upload: Callable[..., Analysis], drawn: Callable[..., bytes]) -> set[str]:
    """Files with rows, older than any grace."""
    for shift in range(4):
        upload(drawn(shift=shift), keep_original=shift % 2 == 0)
    names = files(media)
    assert len(names) == 10
    for name in names:
        os.utime(media / name, (0, 0))
    return names


def all_of(**options: Any) -> list[str]:
    """What a whole round finds."""
    looked = orphans.look(**options)
    names = list(looked.orphans)
    while looked.next:
        looked = orphans.look(after=looked.next, **options)
        names += looked.orphans
    return names


def test_what_has_a_row_or_may_still_get_one_stays(media: Path, with_rows: set[str]) -> None:
    left = {f"{folder}/{'0' * 32}" for folder in ("pictures/ab", "pictures/zz", "thumbnails/ff", "originals/00")}
    for name in left:
        lay(media, name)
    young = lay(media, "pictures/ab/" + "1" * 32, age=3000)
    assert set(all_of()) == left
    assert orphans.collect(tuple(left)) == 4
    assert files(media) == with_rows | {str(young.relative_to(media))}


def test_probes_are_collected_and_what_stands_elsewhere_is_left_alone(media: Path, with_rows: set[str]) -> None:
    lay(media, "probes/" + "0" * 32)
    elsewhere = {"notes.txt", "backup/pictures/ab/file", "lost+found/file"}
    for name in elsewhere:
        lay(media, name)
    orphans.collect(tuple(all_of()))
    assert files(media) == with_rows | elsewhere


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_a_round_in_small_steps_sees_everything_once(limit: int, media: Path, with_rows: set[str]) -> None:
    names = [f"{top}/{sub}/{number:032x}" for top in orphans.FOLDERS for sub in ("0a", "ff") for number in range(2)]
    for name in [*names, "pictures/beside", "pictures/0a-", "probes/1"]:
        lay(media, name)
    names_seen = all_of(limit=limit)
    assert sorted(names_seen) == sorted([*names, "pictures/beside", "pictures/0a-", "probes/1"])
    assert names_seen == sorted(names_seen)


def test_what_goes_while_one_looks_is_no_fault(
    media: Path, with_rows: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = lay(media, "pictures/ab/" + "0" * 32)
    known = orphans._known

    def meanwhile(names: list[str]) -> set[str]:
        path.unlink()
        return known(names)

    monkeypatch.setattr(orphans, "_known", meanwhile)
    assert all_of() == []


def test_every_kind_of_file_lies_in_a_folder_that_is_swept() -> None:
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, FileField):
                assert field.generate_filename(model(), "file").partition("/")[0] in orphans.FOLDERS, field


def test_an_empty_storage_is_no_fault(media: Path) -> None:
    assert orphans.look() == orphans.Pass(looked_at=0, orphans=(), next="")
    assert orphans.Round().go_on() == 0


class TestRounds:
    def test_rounds_start_anywhere_and_come_everywhere(
        self, media: Path, with_rows: set[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(12):
            lay(media, f"pictures/{number * 20:02x}/{number:032x}")
        monkeypatch.setattr(orphans, "look", partial(orphans.look, limit=7))
        turns = orphans.Round()
        assert sum(turns.go_on() for _ in range(12)) == 12
        assert files(media) == with_rows

    def test_when_nearly_everything_is_missing_nothing_is_deleted(
        self, media: Path, with_rows: set[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        """A database that is not the one of these files: another one, or one that is being restored."""
        for number in range(30):
            lay(media, f"pictures/ab/{number:032x}")
        turns = orphans.Round()
        turns._after = ""
        assert turns.go_on() == 0
        assert len(files(media)) == 40
        assert "30 of 40 files have no row in this database" in caplog.text

    def test_the_worker_makes_them(self, media: Path, with_rows: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
        lay(media, "pictures/ab/" + "0" * 32)
        sweeper = sweeper_module.Sweeper(interval=0.01)
        sweeper._files._after = ""
        for name in ("sweep", "close_old_connections", "learn_tables", "call_command"):
            monkeypatch.setattr(sweeper_module, name, lambda *_, **__: None)
        monkeypatch.setattr(connection, "close", lambda: None)
        monkeypatch.setattr(services, "empty_trash", sweeper.stop)
        sweeper.run()
        assert files(media) == with_rows


class TestCommand:
    def run(self, *options: str) -> list[str]:
        out = StringIO()
        call_command("sweep_files", *options, stdout=out)
        return out.getvalue().splitlines()

    def test_it_says_first_and_deletes_then(self, media: Path, with_rows: set[str]) -> None:
        for number in range(30):
            lay(media, f"pictures/ab/{number:032x}")
        output = self.run("--dry-run")
        assert len(output) == 31
        assert output[-1] == "40 files, 30 without a row would be deleted."
        assert len(files(media)) == 40
        assert self.run() == ["40 files, 30 without a row deleted."]
        assert files(media) == with_rows

    def test_the_age_can_be_chosen(self, media: Path, with_rows: set[str]) -> None:
        lay(media, "pictures/ab/" + "0" * 32, age=300)
        assert self.run() == ["11 files, 0 without a row deleted."]
        assert self.run("--older-than", "4") == ["11 files, 1 without a row deleted."]


def test_a_storage_elsewhere_is_swept_by_its_own_names_and_times(
    settings: Settings, owner: User, upload: Callable[..., Analysis], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing but what Django's storages promise: no paths."""
    memory = {"BACKEND": "django.core.files.storage.memory.InMemoryStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": memory}
    stored = upload().upload
    default_storage.save("pictures/ab/left", ContentFile(b"behind"))
    assert isinstance(default_storage, InMemoryStorage)
    assert all_of() == []
    assert all_of(grace=-1) == ["pictures/ab/left"]
    orphans.collect(("pictures/ab/left",))
    assert default_storage.exists(str(stored.picture.name))
    assert not default_storage.exists("pictures/ab/left")
