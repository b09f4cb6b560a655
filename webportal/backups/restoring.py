"""Bringing a backup back, into an empty installation or in the place of what is there."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from webportal.accounts.adapter import EncryptingMFAAdapter
from webportal.backups import keys, loading, places
from webportal.backups.contents import MEDIA, SECRET_KEY, Reader
from webportal.backups.errors import BackupError
from webportal.backups.undo import Undo


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of it."""

    made: str
    """The moment that all is of again, ISO 8601, UTC."""
    files: int
    missing: list[str]
    """Files that a row names and that the backup doesn't have."""
    unreadable_factors: int
    """Second factors that nothing here can read; removed when that was asked for."""
    aside: list[Path]
    """Where what was there lies now."""


def restore(source: Path, *, force: bool = False, without_second_factors: bool = False) -> Restored:
    """Bring back the backup in the folder ``source``. Every file is compared with its digest before it takes its place.

    Unless ``force``, nobody may have entered anything here. With it, what was there is moved aside; a PostgreSQL
    database is replaced. Tables of an older backup are brought up to date. Nobody is logged in afterwards.

    Raises:
        BackupError: it is no backup, damaged, of another kind of database, of a newer Beatlens or of another secret
            key; or something runs or lies here, or there is no room. All is as it was before.
    """
    backup = Reader(source)
    _check(backup, without_second_factors=without_second_factors)
    with places.nobody_at_work():
        if not force and (occupants := places.occupants()):
            raise BackupError(f"There is something here: {', '.join(occupants)}. --force puts the backup in its place.")
        try:
            with Undo() as undo:
                _put_media(backup, undo)
                _put_key(backup, undo)
                _put_database(backup, undo)
                undo.keep(aside=force)
        except OSError as error:
            raise BackupError(f"Nothing was restored: {error}") from error
        call_command("migrate", interactive=False, verbosity=0)
        Session.objects.all().delete()
        UserSession.objects.all().delete()
        unreadable = _unreadable_factors()
        if without_second_factors:
            Authenticator.objects.filter(pk__in=unreadable).delete()
    return Restored(backup.manifest.made, len(backup.media), backup.manifest.missing, len(unreadable), undo.aside)


def _check(backup: Reader, *, without_second_factors: bool) -> None:
    manifest = backup.manifest
    if manifest.database != connection.vendor:
        raise BackupError(f"It is a backup of {manifest.database}, and the database here is {connection.vendor}.")
    if backup.database not in backup.sums:
        raise BackupError("There is no database in it.")
    known = {f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
    if newer := sorted(set(manifest.migrations) - known):
        raise BackupError(f"It was made by a newer Beatlens than this one, which doesn't know {newer[0]}.")
    has_key = SECRET_KEY in backup.sums
    if without_second_factors or (has_key and keys.key_file()) or manifest.key[0] in keys.fingerprints():
        return
    there = f"what is in {backup.folder / SECRET_KEY}" if has_key else "that key"
    raise BackupError(
        "It was made under another secret key, without which second factors can't be read. Set BEATLENS_SECRET_KEY to "
        f"{there}, or name it in BEATLENS_SECRET_KEY_FALLBACKS beside the new one. If it is lost, "
        "--without-second-factors removes them: whoever had one logs in with the password alone and sets up another."
    )


def _put_media(backup: Reader, undo: Undo) -> None:
    """Copy all files beside their places first, then move them there."""
    folder = places.media_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".restoring-") as name:
        staged = Path(name)
        for media in backup.media:
            backup.copy(f"{MEDIA}/{media}", staged / media)
        for old in places.visible(folder):
            undo.move_aside(old)
        for new in list(staged.iterdir()):
            undo.move(new, folder / new.name)


def _put_key(backup: Reader, undo: Undo) -> None:
    """Where the installation keeps its key in a file, the backup's comes there."""
    path = keys.key_file()
    if path is None or SECRET_KEY not in backup.sums:
        return
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".restoring-") as folder:
        staged = Path(folder, path.name)
        backup.copy(SECRET_KEY, staged)
        if path.exists():
            undo.move_aside(path)
        undo.move(staged, path)
    before = settings.SECRET_KEY
    settings.SECRET_KEY = path.read_text(encoding="ascii").strip()
    undo.then(lambda: setattr(settings, "SECRET_KEY", before))


def _put_database(backup: Reader, undo: Undo) -> None:
    if connection.vendor == "sqlite":
        loading.load_sqlite(backup, undo)
    else:
        loading.load_postgresql(backup)


def _unreadable_factors() -> list[int]:
    """The rows of second factors that the key here doesn't open."""
    adapter = EncryptingMFAAdapter()
    unreadable = []
    for factor in Authenticator.objects.all():
        secrets = [factor.data[name] for name in ("secret", "seed") if name in factor.data]
        try:
            for secret in (*secrets, *factor.data.get("migrated_codes", ())):
                adapter.decrypt(secret)
        except InvalidToken:
            unreadable.append(factor.pk)
    return unreadable
