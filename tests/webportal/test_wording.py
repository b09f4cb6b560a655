"""How the portal speaks, whoever wrote the text: German says Sie, English says log in."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils import translation

PORTAL = settings.BASE_DIR / "webportal"
WORDING = PORTAL / "wording"
#: Parts of allauth that the portal doesn't switch on.
NOT_INSTALLED = re.compile(r"socialaccount|openid|headless|idp")
FAMILIAR = re.compile(
    r"\b(du|dein\w*|dich|dir|euch|eure?\w?)\b"
    r"|\bbitte (gib|wähle|lass|klicke?|folge|überprüfe|versuche|bestätige|kontaktiere|habe|verwende|melde|warte)\b"
    r"|(?<![\w-])(?-i:Gib|Wähle|Lass|Klicke|Bestätige|Rufe|Öffne|Überprüfe|Kontaktiere)\b",
    re.IGNORECASE,
)
SIGNING_IN = re.compile(r"\bsign(s|ed|ing)?[ -]?(in|out)\b|\blogin\b", re.IGNORECASE)
#: What German says for an English word, and what it doesn't say instead.
TERMS = {
    "administrators: Verwaltung": r"Administrator",
    "analyse: analysieren": r"[Aa]uswerten|[Aa]usgewertet",
    "calibration pulse: die Eichzacke": r"\b(am|der|ein|einem) Eichzacken",
    "classify: einordnen": r"[Kk]lassifizier",
    "correct: korrigieren": r"[Bb]erichtig",
    "failed: gescheitert": r"[Ff]ehlgeschlagen",
    "in service: in Betrieb": r"\bi[mn] Dienst\b",
    "lease: Lease": r"Pacht",
    "locked with a password: geschützt": r"Passwort (gesperrt|verschlossen)",
    "paper speed: Papiergeschwindigkeit": r"Vorschub",
    "photograph: Foto": r"Fotografie\b",
    "pixel: Pixel": r"Bildpunkt",
    "recording, record of a database: Aufzeichnung": r"Aufnahmen?\b",
    "reviewers: Gutachterinnen und Gutachter": r"Begutachtende",
    "screenshot: Bildschirmfoto": r"Bildschirmausschnitt",
    "send: senden": r"\b([Ss]|ges)chick(en|t)\b",
    "tick: ankreuzen": r"\b[Hh]aken Sie\b|anhaken",
    "twelve leads: zwölf Ableitungen": r"Zwölf-Kanal",
    "zip file: Zip-Datei": r"ZIP-Datei",
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%d|\{\w+\}|<[^>]+>")


def catalogue_of(package: str) -> list[polib.POEntry]:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    files = sorted(folder.rglob("locale/de/LC_MESSAGES/django*.po"))
    assert files
    return [entry for file in files for entry in polib.pofile(str(file)) if not entry.obsolete]


def reached(entry: polib.POEntry) -> bool:
    """Whether a part of allauth that is switched on says it."""
    return any(not NOT_INSTALLED.search(place) for place, _line in entry.occurrences)


ALLAUTH = [entry for entry in catalogue_of("allauth") if reached(entry)]


def said(entry: polib.POEntry, language: str) -> list[str]:
    """The text as the portal says it, in singular and plural."""
    with translation.override(language):
        if entry.msgid_plural:
            return [translation.ngettext(entry.msgid, entry.msgid_plural, count) for count in (1, 2)]
        if entry.msgctxt:
            return [translation.pgettext(entry.msgctxt, entry.msgid)]
        return [translation.gettext(entry.msgid)]


def test_german_says_sie_in_the_texts_of_every_package() -> None:
    own = polib.pofile(str(PORTAL / "locale" / "de" / "LC_MESSAGES" / "django.po"))
    everything = [*own, *ALLAUTH, *catalogue_of("django")]
    assert len(everything) > 1000
    assert [text for entry in everything for text in said(entry, "de") if FAMILIAR.search(text)] == []


@pytest.mark.parametrize("term", TERMS)
def test_german_has_one_word_for_a_term(term: str) -> None:
    catalogue = polib.pofile(str(PORTAL / "locale" / "de" / "LC_MESSAGES" / "django.po"))
    pages = [*(PORTAL / "pages" / "texts").glob("*.de.md"), *(settings.BASE_DIR / "docs").glob("*.de.md")]
    assert len(pages) > 3
    texts = [text for entry in catalogue for text in said(entry, "de")] + [page.read_text() for page in pages]
    assert [text for text in texts if re.search(TERMS[term], text)] == []


def test_every_text_of_allauth_that_is_reached_has_its_german() -> None:
    untranslated = [
        entry.msgid for entry in ALLAUTH if said(entry, "de")[0] == entry.msgid and not entry.msgstr and entry.msgid
    ]
    assert untranslated == []


def test_english_says_log_in_and_nothing_else() -> None:
    own = polib.pofile(str(PORTAL / "locale" / "de" / "LC_MESSAGES" / "django.po"))
    others = [text for entry in [*own, *ALLAUTH] for text in said(entry, "en") if SIGNING_IN.search(text)]
    assert others == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_wording_fits_the_texts_that_it_replaces(language: str) -> None:
    """A text that allauth no longer has is no use any more; blanks and tags stay what they are."""
    path = WORDING / language / "LC_MESSAGES" / "django.po"
    known = {entry.msgid for entry in ALLAUTH}
    entries = list(polib.pofile(str(path)))
    assert [entry.msgid for entry in entries if entry.msgid not in known] == []
    for entry in entries:
        assert sorted(PLACEHOLDER.findall(entry.msgstr)) == sorted(PLACEHOLDER.findall(entry.msgid)), entry.msgid
    compiled = {entry.msgid: entry.msgstr for entry in polib.mofile(str(path.with_suffix(".mo")))}
    assert compiled == {entry.msgid: entry.msgstr for entry in entries}
