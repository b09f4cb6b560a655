"""Markdown as the cards have it: paragraphs and list items wrapped, everything else as it is."""

from __future__ import annotations

import textwrap

#: Characters of a line of prose.
WIDTH = 120

#: How lines begin that are no prose: tables, headings, pictures.
_AS_IT_IS = ("|", "#", "![")


def wrapped(text: str) -> str:
    """``text`` with paragraphs and list items filled to :data:`WIDTH` characters; wrapping twice changes nothing."""
    lines: list[str] = []
    paragraph: list[str] = []

    def end_paragraph() -> None:
        if paragraph:
            later = "  " if paragraph[0].startswith("- ") else ""
            joined = " ".join(line.strip() for line in paragraph)
            lines.extend(
                textwrap.wrap(joined, WIDTH, subsequent_indent=later, break_long_words=False, break_on_hyphens=False)
            )
            paragraph.clear()

    for line in text.splitlines():
        if not line.strip() or line.startswith(_AS_IT_IS):
            end_paragraph()
            lines.append(line)
            continue
        if line.startswith("- "):
            end_paragraph()
        paragraph.append(line)
    end_paragraph()
    return "\n".join(lines) + "\n"
