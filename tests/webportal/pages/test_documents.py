"""Pages in Markdown: the help, in both languages the same; the administrator's texts, harmless whatever is in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polib
import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from webportal.pages import documents

DOCS = settings.BASE_DIR / "docs"
ENGLISH, GERMAN = (DOCS / "users.md").read_text(), (DOCS / "users.de.md").read_text()
CATALOGUE = settings.BASE_DIR / "webportal" / "locale" / "de" / "LC_MESSAGES" / "django.po"

pytestmark = pytest.mark.django_db


def page(name: str, language: str = "en") -> str:
    response = Client().get(reverse(f"pages:{name}"), headers={"Accept-Language": language})
    assert response.status_code == 200
    return response.content.decode()


class TestHelp:
    def test_it_is_the_page_for_users_in_the_readers_language(self) -> None:
        assert '<h2 id="signing-up">Signing up</h2>' in page("help")
        german = page("help", "de")
        assert '<h2 id="registrieren">Registrieren</h2>' in german
        assert '<a href="#registrieren">Registrieren</a>' in german

    def test_every_heading_and_table_has_its_german(self) -> None:
        """Who changes one of them changes the other."""

        def shape(text: str) -> list[str]:
            rows = [line for line in text.splitlines() if line.startswith(("#", "|", "- ", "1. "))]
            return [re.sub(r"[^#|]+", " ", row) for row in rows]

        def blocks(text: str) -> int:
            return len(re.findall(r"\n\n", text))

        assert shape(GERMAN) == shape(ENGLISH)
        assert blocks(GERMAN) == blocks(ENGLISH)
        numbers = [sorted(re.findall(r"\d+", text)) for text in (ENGLISH, GERMAN)]
        assert numbers[0] == numbers[1]

    def test_the_german_names_buttons_and_pages_as_they_are_named(self) -> None:
        """What stands in italics or bold, where it is a text of the portal."""
        german = {entry.msgid: entry.msgstr for entry in polib.pofile(str(CATALOGUE)) if not entry.obsolete}
        named = {name.replace("\n", " ") for name in re.findall(r"\*\*?([^*|]+)\*\*?", ENGLISH)} & german.keys()
        assert {"Predict", "Run again", "Your reading", "Uncertain"} <= named
        flat = GERMAN.replace("\n", " ")
        assert [(name, german[name]) for name in sorted(named) if f"*{german[name]}*" not in flat] == []

    def test_without_the_files_there_is_none_and_the_check_says_so(
        self, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings.HELP_DIR = tmp_path
        assert Client().get(reverse("pages:help")).status_code == 404
        call_command("check")
        assert "There is no users.md" in capsys.readouterr().err

    def test_the_container_has_them(self) -> None:
        dockerfile = (settings.BASE_DIR / "deploy" / "portal.Dockerfile").read_text()
        for path in (*sorted(DOCS.glob("users*.md")), settings.SAMPLES_DIR):
            assert re.search(
                rf"^COPY .*\b{re.escape(path.relative_to(settings.BASE_DIR).as_posix())}\b", dockerfile, re.M
            )


class TestStatements:
    @pytest.mark.parametrize("name", documents.STATEMENTS)
    def test_the_foot_of_every_page_leads_there(self, name: Any) -> None:
        assert f'href="{reverse(f"pages:{name}")}"' in page("home")

    @pytest.mark.parametrize("name", documents.STATEMENTS)
    def test_without_a_text_the_page_says_that_there_is_none(self, name: Any, settings: Settings) -> None:
        settings.TEXTS_DIR = None
        assert "operator of this installation has not" in page(name)
        german = page(name, "de")
        assert "Der Betreiber dieser Installation hat" in german
        assert "operator" not in german

    def test_the_administrators_text_is_shown_by_language(self, settings: Settings, tmp_path: Path) -> None:
        settings.TEXTS_DIR = tmp_path
        (tmp_path / "privacy.md").write_text("# Our notice\n\nAsk *us*.")
        assert "<h1>Our notice</h1>" in page("privacy", "de")
        (tmp_path / "privacy.de.md").write_text("# Unser Hinweis\n\nFragen Sie *uns*.")
        assert "<h1>Unser Hinweis</h1>" in page("privacy", "de")
        assert "<p>Ask <em>us</em>.</p>" in page("privacy", "en")
        assert "has not said how to reach them" in page("contact")

    def test_a_changed_file_is_shown_at_once(self, settings: Settings, tmp_path: Path) -> None:
        settings.TEXTS_DIR = tmp_path
        for words in ("first", "second one"):
            (tmp_path / "terms.md").write_text(words)
            assert f"<p>{words}</p>" in page("terms")

    @pytest.mark.parametrize(
        ("content", "complaint"),
        [(b"\xff\xfe\x00bad", "not a text in UTF-8"), (b"x" * (documents.MAX_BYTES + 1), "more than 512 KiB")],
    )
    def test_a_file_that_cannot_be_shown_is_reported_and_ours_stands_in(
        self,
        content: bytes,
        complaint: str,
        settings: Settings,
        tmp_path: Path,
        caplog: pytest.LogCaptureFixture,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        settings.TEXTS_DIR = tmp_path
        (tmp_path / "privacy.md").write_bytes(content)
        assert "has not written a privacy notice" in page("privacy")
        assert complaint in caplog.text
        call_command("check")
        assert complaint in capsys.readouterr().err

    def test_a_folder_that_is_none_is_reported(
        self, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings.TEXTS_DIR = tmp_path / "missing"
        assert "has not written terms" in page("terms")
        call_command("check")
        assert "which is no folder" in capsys.readouterr().err


class TestMarkdown:
    @pytest.mark.parametrize(
        "text",
        [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[x](javascript:alert(1))",
            "[x](data:text/html,1)",
            "![x](https://example.org/x.png)",
            '[x](/"onmouseover="alert(1))',
            '# <b onclick="x">t</b>',
            "<style>p{}</style>",
            "a\n\n    <script>\n",
            "|<script>|\n|---|\n|<svg onload=x>|",
        ],
    )
    def test_nothing_in_a_text_runs_or_loads(self, text: str) -> None:
        document = documents.parse(text)
        tags = re.findall(r"<\s*(\w+)([^>]*)>", document.html)
        assert {tag for tag, _rest in tags} <= {
            "p",
            "a",
            "code",
            "pre",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "div",
        }
        assert not [rest for _tag, rest in tags if re.search(r"\son\w+=|javascript:|data:|\ssrc=|\sstyle=", rest)]

    def test_a_link_that_leads_nowhere_from_a_page_is_words_only(self) -> None:
        document = documents.parse("See [the table](results/a.csv) and [this](https://example.org/).")
        assert document.html == '<p>See the table and <a href="https://example.org/">this</a>.</p>\n'

    def test_a_table_scrolls_by_itself_and_has_heads_only_where_there_are_words(self) -> None:
        html = documents.parse("| a | |\n|---|---|\n| 1 | 2 |").html
        assert '<div class="scroll" role="group" tabindex="0"><table>' in html
        assert '<th scope="col">a</th>\n<td></td>' in html

    def test_headings_of_one_name_have_anchors_of_their_own(self) -> None:
        document = documents.parse("# T\n\n## Für alle\n\n## Für alle\n\n## ???")
        assert document.title == "T"
        assert [anchor for anchor, _words in document.sections] == ["für-alle", "für-alle-2", "section"]

    def test_a_text_as_long_as_allowed_is_quick(self) -> None:
        text = Path(documents.__file__).read_text()
        assert documents.parse((text * 200)[: documents.MAX_BYTES]).html
        assert documents.parse("[" * 20_000).html
        assert documents.parse("*a " * 20_000).html
