"""Pages that are written in Markdown: the help, and what the installation says of privacy, terms and contact.

The help is ``docs/users.md``, that for programs ``docs/api.md``. The other three are the administrator's, from files
in ``TEXTS_DIR``; where there is none, a text of ours says what can be said for every installation. ``NAME.LANGUAGE.md``
is taken before ``NAME.md``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import get_language
from markdown_it import MarkdownIt
from markdown_it.token import Token

logger = logging.getLogger(__name__)

#: What the administrator may say, by the name of the file and of the address.
STATEMENTS = ("privacy", "terms", "contact")
#: Largest file, bytes: a long contract has a tenth of it.
MAX_BYTES = 512 * 1024

_DEFAULTS = Path(__file__).parent / "texts"
#: Links that lead somewhere from any page; others are meant for readers of the folder that the file is in.
_LEADS_SOMEWHERE = ("https://", "http://", "mailto:", "tel:", "/", "#")


class UnreadableText(Exception):  # noqa: N818 - reads as what happened
    """A file of the administrator's can't be shown; ``str(error)`` says why."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text as a page shows it."""

    title: str
    """Its first heading; empty when it begins otherwise."""
    html: SafeString
    """All below the title. Made from Markdown alone: markup in the file is shown as text."""
    sections: tuple[tuple[str, str], ...]
    """Anchor and words of every heading of the second level."""


def user_guide() -> Document | None:
    """The help in the reader's language; ``None`` when the installation lacks the files."""
    path = _for_reader(settings.HELP_DIR, "users")
    return _parsed(path) if path else None


def interface_guide() -> Document | None:
    """How programs use the portal; ``None`` when the installation lacks the file."""
    path = _for_reader(settings.HELP_DIR, "api")
    return _parsed(path) if path else None


def statement(name: str) -> Document:
    """One of :data:`STATEMENTS` in the reader's language: the administrator's, or ours where theirs can't be shown."""
    folder = settings.TEXTS_DIR
    if folder is not None and (path := _for_reader(folder, name)):
        try:
            return _parsed(path)
        except UnreadableText as problem:
            logger.error("%s", problem)
    path = _for_reader(_DEFAULTS, name)
    assert path is not None  # noqa: S101 - they come with this package
    return _parsed(path)


def problems() -> Iterator[str]:
    """What is wrong with the files that the settings name, one sentence each."""
    if user_guide() is None:
        yield f"There is no users.md in {settings.HELP_DIR}; the help can't be shown."
    folder = settings.TEXTS_DIR
    if folder is None:
        return
    if not folder.is_dir():
        yield f"BEATLENS_TEXTS_DIR names {folder}, which is no folder."
    for name in STATEMENTS:
        for path in sorted(folder.glob(f"{name}*.md")):
            try:
                _parsed(path)
            except UnreadableText as problem:
                yield str(problem)


def _for_reader(folder: Path, name: str) -> Path | None:
    language = (get_language() or settings.LANGUAGE_CODE).partition("-")[0]
    paths = (folder / f"{name}.{language}.md", folder / f"{name}.md")
    return next((path for path in paths if path.is_file()), None)


def _parsed(path: Path) -> Document:
    """The document in a file, read again when the file has changed.

    Raises:
        UnreadableText: it is too large, not UTF-8, or can't be read.
    """
    try:
        status = path.stat()
        if status.st_size > MAX_BYTES:
            raise UnreadableText(f"{path} has more than {MAX_BYTES // 1024} KiB.")
        return _read(path, status.st_mtime_ns, status.st_size)
    except OSError as error:
        raise UnreadableText(f"{path} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UnreadableText(f"{path} is not a text in UTF-8.") from error


@lru_cache(maxsize=32)
def _read(path: Path, _changed: int, _size: int) -> Document:
    return parse(path.read_text(encoding="utf-8-sig"))


def parse(text: str) -> Document:
    """``text`` (CommonMark with tables) as a page shows it. Harmless whatever it holds."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    tokens = markdown.parse(text)
    title = ""
    if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        title, tokens = _words(tokens[1]), tokens[3:]
    sections = tuple(_anchored(tokens))
    for token in tokens:
        if token.type == "inline" and token.children:
            token.children = list(_leading_somewhere(token.children))
    _fit_tables(tokens)
    html = markdown.renderer.render(tokens, markdown.options, {})
    # A table or code wider than the window scrolls by itself.
    html = html.replace("<pre>", '<pre tabindex="0">')
    html = html.replace("<table>", '<div class="scroll" role="group" tabindex="0"><table>')
    html = html.replace("</table>", "</table></div>")
    return Document(title, mark_safe(html), sections)  # noqa: S308 - the renderer escapes; html is off


def _words(inline: Token) -> str:
    return "".join(child.content for child in inline.children or ())


def _anchored(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Give every heading an anchor; anchor and words of those of the second level."""
    taken: set[str] = set()
    for place, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        words = _words(tokens[place + 1])
        anchor = slug = slugify(words, allow_unicode=True) or "section"
        number = 1
        while anchor in taken:
            number += 1
            anchor = f"{slug}-{number}"
        taken.add(anchor)
        token.attrSet("id", anchor)
        if token.tag == "h2":
            yield anchor, words


def _leading_somewhere(children: Sequence[Token]) -> Iterator[Token]:
    """The tokens of a line, without links that lead nowhere from a page; their words stay."""
    is_dropped = False
    for token in children:
        if token.type == "link_open":
            is_dropped = not str(token.attrGet("href") or "").startswith(_LEADS_SOMEWHERE)
        if not (is_dropped and token.type in ("link_open", "link_close")):
            yield token


def _fit_tables(tokens: Sequence[Token]) -> None:
    """Say what each head of a column is for; one without words is no head."""
    for place, token in enumerate(tokens):
        if token.type == "th_open":
            if tokens[place + 1].content:
                token.attrSet("scope", "col")
            else:
                token.tag = tokens[place + 2].tag = "td"
