"""``backup`` and ``restore`` as an administrator runs them; with ``make test-postgresql`` on PostgreSQL too."""

from __future__ import annotations

import fcntl
import json
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.webportal.backups.conftest import LOG_IN, PERSON, ROOT, Installation, Installations, on_postgresql

KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
OTHER_KEY = KEY[::-1]
WITH_FACTOR = ["/accounts/2fa/authenticate/", "/predict/", 200, 302]
WITHOUT = ["/predict/", 200, 302]


@dataclass
class Backup:
    """A backup of an installation with one person, and what the person knows."""

    folder: Path
    person: str
    output: str


@pytest.fixture(scope="module")
def backup(new_installation: Installations, tmp_path_factory: pytest.TempPathFactory) -> Backup:
    """The key was made by the installation itself and lies in its folder."""
    return keep(new_installation.started(), tmp_path_factory.mktemp("backups") / "monday")


@pytest.fixture(scope="module")
def backup_without_key(new_installation: Installations, tmp_path_factory: pytest.TempPathFactory) -> Backup:
    """The key came from the environment."""
    return keep(new_installation.started(BEATLENS_SECRET_KEY=KEY), tmp_path_factory.mktemp("backups") / "monday")


def keep(installation: Installation, folder: Path) -> Backup:
    person = installation.script(PERSON)
    done = installation.run("backup", str(folder))
    return Backup(folder, json.dumps(person), done.stdout + done.stderr)


def test_in_an_empty_place_people_log_in_with_their_second_factor_and_see_their_pictures(
    backup: Backup, new_installation: Installations
) -> None:
    assert "The secret key is in it" in backup.output
    assert f"{backup.folder}: the database and 3 files." in backup.output
    empty = new_installation()
    done = empty.run("restore", str(backup.folder))
    assert "the database and 3 files. Everybody logs in again." in done.stdout
    assert done.stderr == ""
    assert empty.script(LOG_IN, PERSON=backup.person) == WITH_FACTOR
    assert empty.files()["secret_key"] == (backup.folder / "secret_key").read_bytes()
    assert not list(empty.var.rglob(".*"))


def test_a_place_that_was_started_and_not_used_is_empty(backup: Backup, new_installation: Installations) -> None:
    started = new_installation.started()
    (started.var / "media" / "probes").mkdir(parents=True)  # as /readyz leaves it
    started.run("restore", str(backup.folder))
    assert started.script(LOG_IN, PERSON=backup.person) == WITH_FACTOR


def test_nobody_else_can_read_a_backup_and_its_digests_are_sha256sums(backup: Backup) -> None:
    modes = {stat.S_IMODE(path.stat().st_mode) for path in backup.folder.rglob("*") if path.is_dir()}
    assert modes | {stat.S_IMODE(backup.folder.stat().st_mode)} == {0o700}
    assert not [path for path in backup.folder.rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077]
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=backup.folder, check=True)


def test_a_backup_wants_a_new_folder(backup: Backup, new_installation: Installations, tmp_path: Path) -> None:
    installation = new_installation.started()
    before = {path: path.stat().st_mtime_ns for path in backup.folder.rglob("*")}
    done = installation.run("backup", str(backup.folder), check=False)
    assert done.returncode == 1
    assert "is there already" in done.stderr
    assert {path: path.stat().st_mtime_ns for path in backup.folder.rglob("*")} == before
    done = installation.run("backup", str(tmp_path / "nowhere" / "monday"), check=False)
    assert "can't be made: No such file or directory" in done.stderr


def test_a_backup_that_fails_leaves_nothing(new_installation: Installations, tmp_path: Path) -> None:
    installation = new_installation.started()
    installation.script(PERSON)
    (picture,) = (installation.var / "media" / "originals").rglob("*/*")
    picture.unlink()
    picture.mkdir()
    done = installation.run("backup", str(tmp_path / "monday"), check=False)
    assert done.returncode == 1
    assert "Is a directory" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_lost_before_is_told_and_the_rest_is_kept(
    new_installation: Installations, tmp_path: Path
) -> None:
    installation = new_installation.started()
    installation.script(PERSON)
    (picture,) = (installation.var / "media" / "originals").rglob("*/*")
    picture.unlink()
    done = installation.run("backup", str(tmp_path / "monday"))
    assert "LOST BEFORE: 1 files" in done.stderr
    assert json.loads((tmp_path / "monday" / "manifest.json").read_text())["missing"] == [
        f"originals/{picture.parent.name}/{picture.name}"
    ]
    done = new_installation().run("restore", str(tmp_path / "monday"))
    assert "1 files that rows name were not in the backup" in done.stderr


def test_a_key_of_the_environment_is_told_to_be_kept_elsewhere(
    backup_without_key: Backup, new_installation: Installations, tmp_path: Path
) -> None:
    assert "THE SECRET KEY IS NOT IN IT" in backup_without_key.output
    assert not (backup_without_key.folder / "secret_key").exists()
    other = new_installation(BEATLENS_SECRET_KEY=OTHER_KEY)
    done = other.run("restore", str(backup_without_key.folder), check=False)
    assert done.returncode == 1
    assert "another secret key" in done.stderr
    assert not (other.var / "media").exists()

    same = new_installation(BEATLENS_SECRET_KEY=KEY)
    same.run("restore", str(backup_without_key.folder))
    assert same.script(LOG_IN, PERSON=backup_without_key.person) == WITH_FACTOR

    done = other.run("restore", str(backup_without_key.folder), "--without-second-factors")
    assert "1 second factors were removed" in done.stderr
    assert other.script(LOG_IN, PERSON=backup_without_key.person) == WITHOUT


def test_it_can_be_written_down_when_asked_for(new_installation: Installations, tmp_path: Path) -> None:
    installation = new_installation.started(BEATLENS_SECRET_KEY=KEY)
    done = installation.run("backup", str(tmp_path / "monday"), "--include-key")
    assert "The secret key is in it" in done.stdout
    assert (tmp_path / "monday" / "secret_key").read_text() == f"{KEY}\n"
    done = new_installation(BEATLENS_SECRET_KEY=OTHER_KEY).run("restore", str(tmp_path / "monday"), check=False)
    assert f"Set BEATLENS_SECRET_KEY to what is in {tmp_path}/monday/secret_key" in done.stderr


def test_what_is_there_is_replaced_only_by_force_and_moved_aside(
    backup: Backup, new_installation: Installations
) -> None:
    used = new_installation.started()
    used.script(
        "from webportal.accounts.models import User; User.objects.create_user('berta', 'b@example.org'); print(1)"
    )
    (used.var / "media" / "pictures").mkdir(parents=True)
    (used.var / "media" / "pictures" / "hers").write_bytes(b"a picture of hers")
    before = used.files()
    done = used.run("restore", str(backup.folder), check=False)
    assert done.returncode == 1
    assert "There is something here: accounts.User, " in done.stderr
    assert used.files() == before

    done = used.run("restore", str(backup.folder), "--force")
    assert used.script(LOG_IN, PERSON=backup.person) == WITH_FACTOR
    aside = {name.rpartition("/")[2]: data for name, data in used.files().items() if ".before-restore-" in name}
    assert aside["hers"] == b"a picture of hers"
    assert aside["secret_key"] == before["secret_key"]
    assert on_postgresql() or "beatlens.sqlite3" in aside
    assert ".before-restore-" in done.stdout


@pytest.fixture(scope="module")
def used(new_installation: Installations) -> Installation:
    """One with somebody's account."""
    used = new_installation.started()
    used.script(
        "from webportal.accounts.models import User; User.objects.create_user('berta', 'b@example.org'); print(1)"
    )
    return used


def damaged(backup: Backup, folder: Path, what: str) -> str:
    """A copy of the backup that is not what was written; returns what has to be said of it."""
    shutil.copytree(backup.folder, folder)
    (database,) = folder.glob("database.*")
    (picture,) = (folder / "media" / "pictures").rglob("*/*")
    digests, manifest = folder / "SHA256SUMS", folder / "manifest.json"
    described = json.loads(manifest.read_text())
    match what:
        case "database":
            data = bytearray(database.read_bytes())
            data[len(data) // 2] ^= 1
            database.write_bytes(data)
        case "picture":
            picture.write_bytes(picture.read_bytes() + b" ")
        case "picture is gone":
            picture.unlink()
        case "digests":
            digests.write_text(digests.read_text() + "0" * 64 + "  media/another\n")
        case "name":
            digests.write_text("0" * 64 + "  media/../../../../tmp/another\n")
        case "manifest":
            manifest.write_text("{}")
        case "no manifest":
            manifest.unlink()
        case "newer":
            described["migrations"].append("analyses.9999_from_the_future")
            manifest.write_text(json.dumps(described))
        case "another database":
            manifest.write_text(json.dumps(described | {"database": "oracle"}))
    return DAMAGES[what]


#: How a backup may be damaged or strange, and what has to be said of it.
DAMAGES = {
    "database": "is not what was written",
    "picture": "is not what was written",
    "picture is gone": "can't be read",
    "digests": "was changed after the backup was made",
    "name": "is no name of a file inside a folder",
    "manifest": "is a backup of another kind",
    "no manifest": "is no whole backup",
    "newer": "made by a newer Beatlens than this one, which doesn't know analyses.9999_from_the_future",
    "another database": "It is a backup of oracle",
}


@pytest.mark.parametrize("what", DAMAGES)
def test_what_is_damaged_or_strange_changes_nothing(
    what: Any, backup: Backup, new_installation: Installations, tmp_path: Path
) -> None:
    said = damaged(backup, tmp_path / "copy", what)
    used = new_installation.started()
    used.script(
        "from webportal.accounts.models import User; User.objects.create_user('berta', 'b@example.org'); print(1)"
    )
    before = used.files()
    done = used.run("restore", str(tmp_path / "copy"), "--force", check=False)
    assert done.returncode == 1
    assert said in done.stderr
    assert used.files() == before
    if what in ("database", "picture is gone"):  # the first and the last that is looked at
        assert used.script("from webportal.accounts.models import User; print(User.objects.count())") == 1


def test_nothing_may_run_meanwhile(backup: Backup, new_installation: Installations) -> None:
    installation = new_installation()
    installation.run("check")
    if on_postgresql():
        other = subprocess.Popen(
            [sys.executable, "manage.py", "shell", "-v0", "-c",
             "from django.db import connection as c; c.ensure_connection(); print(1, flush=True); input()"],
            cwd=ROOT, env=installation.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        with other:
            assert other.stdout is not None
            other.stdout.readline()
            done = installation.run("restore", str(backup.folder), check=False)
            other.communicate(b"\n")
        assert "other connections. Stop the portal" in done.stderr
        return
    with (installation.var / "running.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = installation.run("restore", str(backup.folder), check=False)
    assert f"Beatlens runs in {installation.var}" in done.stderr
    installation.run("restore", str(backup.folder))


#: Nobody's share is used up.
UNBOUNDED = {f"BEATLENS_{name}": "0" for name in ("UPLOAD_PICTURES_PER_MINUTE", "UPLOAD_MEGAPIXELS_PER_MINUTE")}

#: Sends pictures and deletes every third, for as long as the file is there.
AT_WORK = """
import io, os, random
from pathlib import Path
from PIL import Image
from webportal.accounts.models import User
from webportal.analyses.intake.uploads import create_upload
user = User.objects.get(username="anna")
uploads = []
while Path(os.environ["WHILE"]).exists():
    out = io.BytesIO()
    Image.effect_noise((192, 128), 50).save(out, "PNG")
    uploads.append(create_upload(owner=user, data=out.getvalue()))
    if len(uploads) == 1:
        print("at work", flush=True)
    if len(uploads) % 3 == 0:
        uploads.pop(random.randrange(len(uploads))).upload.delete()
"""


def test_people_at_work_are_not_disturbed_and_the_backup_is_whole(
    new_installation: Installations, tmp_path: Path
) -> None:
    busy = new_installation.started()
    busy.script(PERSON)
    (mark := tmp_path / "mark").touch()
    with subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-v0", "-c", AT_WORK],
        cwd=ROOT, env=busy.environment | UNBOUNDED | {"WHILE": str(mark)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as worker:  # fmt: skip
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"at work\n"
        done = busy.run("backup", str(tmp_path / "monday"))
        mark.unlink()
        _, complaints = worker.communicate(timeout=60)
    assert (worker.returncode, complaints) == (0, b"")
    assert "LOST" not in done.stderr
    again = new_installation()
    again.run("restore", str(tmp_path / "monday"))
    missing = json.loads((tmp_path / "monday" / "manifest.json").read_text())["missing"]
    absent = again.script(
        "import json\nfrom webportal.analyses.models import Upload\n"
        "files = [f for u in Upload.objects.all() for f in (u.picture, u.thumbnail, u.original) if f]\n"
        "print(json.dumps(sorted(f.name for f in files if not f.storage.exists(f.name))))"
    )
    assert absent == missing


def test_the_lock_is_the_launchers() -> None:
    from launcher.folder import LOCK_NAME
    from webportal.backups import places

    assert places.LOCK_NAME == LOCK_NAME
