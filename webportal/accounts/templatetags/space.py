"""Bytes as people read them."""

from __future__ import annotations

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def mebibytes(size: int) -> str:
    """Bytes as MiB; never "0" for what takes up any room, and no decimals where they say nothing."""
    number = size / 2**20
    if not size or number >= 100:
        return number_format(round(number), 0)
    return number_format(max(round(number, 1), 0.1), 1)
