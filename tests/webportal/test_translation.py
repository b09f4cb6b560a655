"""German is complete, current, and what a reader chooses."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests.webportal.conftest import FarSide
from webportal.accounts.models import User
from webportal.analyses.history import reports
from webportal.analyses.history.lettering import Paragraph
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis, Review

PORTAL = settings.BASE_DIR / "webportal"
CATALOGUE = PORTAL / "locale" / "de" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|<[^>]+>")

Key = tuple[str | None, str]


def entries(path: Path) -> dict[Key, polib.POEntry]:
    return {(entry.msgctxt, entry.msgid): entry for entry in polib.pofile(str(path)) if not entry.obsolete}


def texts(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_every_text_has_its_german() -> None:
    wanting = [entry.msgid for entry in entries(CATALOGUE).values() if not all(texts(entry)) or entry.fuzzy]
    assert wanting == []


def test_the_compiled_catalogue_is_current() -> None:
    compiled = {(entry.msgctxt, entry.msgid): texts(entry) for entry in polib.mofile(str(CATALOGUE.with_suffix(".mo")))}
    assert compiled == {key: texts(entry) for key, entry in entries(CATALOGUE).items()}


def test_the_german_has_the_same_blanks_and_tags_as_the_english() -> None:
    for entry in entries(CATALOGUE).values():
        english = sorted(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        for text in texts(entry)[-1:]:
            assert sorted(PLACEHOLDER.findall(text)) == english, entry.msgid


def test_no_text_of_a_page_is_forgotten_in_the_catalogue(tmp_path: Path) -> None:
    """What users see; the administration's own words may be in English for a while."""
    if shutil.which("xgettext") is None:
        pytest.skip("needs GNU gettext")
    copy = tmp_path / "webportal"
    shutil.copytree(PORTAL, copy, ignore=shutil.ignore_patterns("__pycache__", "static", "migrations"))
    command = "from django.core.management import execute_from_command_line as run; import sys; run(sys.argv)"
    options = ["--locale", "de", "--no-wrap", "--no-obsolete", "--add-location", "file"]
    subprocess.run(
        [sys.executable, "-c", command, "makemessages", *options],
        cwd=copy,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(PORTAL.parent),
            "DJANGO_SETTINGS_MODULE": "webportal.settings.test",
        },
        check=True,
        capture_output=True,
        timeout=120,
    )
    messages = entries(copy / "locale" / "de" / "LC_MESSAGES" / "django.po")
    for_users = {
        key for key, entry in messages.items() if any("admin" not in place for place, _line in entry.occurrences)
    }
    assert sorted(map(str, for_users - set(entries(CATALOGUE)))) == []


@pytest.mark.django_db
class TestChoosing:
    def test_a_reader_chooses_and_every_page_follows(
        self, far_side: FarSide, upload: Callable[..., Analysis], owner_client: Client
    ) -> None:
        analysis = upload()
        running.run(analysis_id=analysis.pk, timeout=2.0)
        page = analysis.get_absolute_url()
        assert '<html lang="en">' in owner_client.get(page).content.decode()
        response = owner_client.post(reverse("set_language"), {"language": "de", "next": page})
        assert response["Location"] == page
        html = owner_client.get(page).content.decode()
        for words in (
            '<html lang="de">',
            "Ventrikuläre Extrasystole",
            "97,0 %",
            "Nur für Forschung und Lehre. Kein Medizinprodukt, nicht zur Diagnose.",
            "Version 7",
        ):
            assert words in html
        assert 'width="97.00"' in html  # drawings keep their decimal points
        assert "Verlauf" in owner_client.get(reverse("analyses:history")).content.decode()
        assert "Übersicht" in owner_client.get(reverse("analyses:summary")).content.decode()

    def test_until_then_it_is_the_browsers(self) -> None:
        html = Client().get("/", headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}).content.decode()
        assert "Was für ein Herzschlag ist das?" in html
        assert "What kind of heartbeat" in Client().get("/", headers={"Accept-Language": "fr"}).content.decode()

    def test_it_leads_nowhere_else(self) -> None:
        response = Client().post(reverse("set_language"), {"language": "de", "next": "https://example.org/"})
        assert response["Location"] == "/"

    def test_what_is_written_in_german_is_stored_as_in_english(
        self, far_side: FarSide, upload: Callable[..., Analysis], owner: User, owner_client: Client
    ) -> None:
        analysis = upload()
        running.run(analysis_id=analysis.pk, timeout=2.0)
        owner_client.post(reverse("set_language"), {"language": "de"})
        for short in (Review.OTHER_KIND, "PACED"):
            owner_client.post(reverse("analyses:review", args=[analysis.pk]), {"class_short": short})
        names = Review.objects.order_by("created_at").values_list("class_name", flat=True)
        assert list(names) == ["Another kind of beat", "Paced"]
        html = owner_client.get(analysis.get_absolute_url()).content.decode()
        assert "Eine andere Art von Schlag" in html
        assert "Schrittmacherschlag" in html

    def test_reports_are_in_the_readers_language(
        self, far_side: FarSide, upload: Callable[..., Analysis], owner_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        said: list[str] = []

        def note(text: str, style: object) -> object:
            said.append(text)
            return Paragraph(text, style)

        monkeypatch.setattr(reports, "Paragraph", note)
        analysis = upload()
        running.run(analysis_id=analysis.pk, timeout=2.0)
        owner_client.post(reverse("set_language"), {"language": "de"})
        owner_client.get(reverse("analyses:report", args=[analysis.pk]))
        assert any("Ventrikuläre Extrasystole, sicher, 97,0" in text for text in said)

    @pytest.mark.parametrize("language", ["en", "de"])
    def test_a_class_without_words_keeps_the_models_name(
        self, language: str, far_side: FarSide, owner_client: Client
    ) -> None:
        with translation.override(language):
            assert (
                "Ventricular Escape"
                in owner_client.get("/info/", headers={"Accept-Language": language}).content.decode()
            )
