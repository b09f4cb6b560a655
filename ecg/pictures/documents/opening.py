"""The only page of a PDF, by PDFium. A stranger's bytes are parsed: call it through :mod:`ecg.pictures.confined`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from ecg.pictures.decoding import ImageError, ImageReason

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

POINTS_PER_INCH: Final = 72
"""What PDF counts in (ISO 32000-1, 8.3.2.3)."""
#: Pixels to the inch at which a page is drawn.
_DPI: Final = 300
#: Most pixels of a drawn page; a poster gets fewer to the inch.
_MOST_PIXELS: Final = 12_000_000
#: What names a script in a PDF that isn't packed (ISO 32000-1, 12.6.4.16).
_SCRIPT: Final = b"/JavaScript"


def only_page(data: bytes) -> PdfPage:
    """The page of a PDF that has one.

    PDFium is built without an engine for scripts, so that none is ever run.

    Raises:
        ImageError: the PDF is locked, has scripts, or has another number of pages.
        pypdfium2.PdfiumError: it is damaged.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise ImageError(ImageReason.PDF_LOCKED, "The PDF is locked with a password.") from error
        raise
    if _SCRIPT in data or pypdfium2.raw.FPDFDoc_GetJavaScriptActionCount(document) > 0:
        message = "The PDF holds scripts. Print it to a PDF again, without them."
        raise ImageError(ImageReason.PDF_SCRIPTS, message)
    if len(document) != 1:
        message = f"The PDF has {len(document)} pages; send the one with the ECG as a file of its own."
        raise ImageError(ImageReason.PDF_SEVERAL_PAGES, message)
    return document[0]


def rendering_scale(page: PdfPage) -> float:
    """Pixels to a point at which a page is drawn."""
    width, height = page.get_size()
    return min(_DPI / POINTS_PER_INCH, math.sqrt(_MOST_PIXELS / max(1.0, width * height)))
