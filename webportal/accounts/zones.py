"""Whose clock a page goes by: the person's own choice, else their browser's, else the installation's."""

from __future__ import annotations

import zoneinfo
from functools import cache
from itertools import groupby

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

#: Where ``time-zone.js`` puts the browser's zone.
COOKIE = "time_zone"
#: Names in the database of zones that are nobody's place.
_NO_PLACES = ("Etc/", "SystemV/", "Factory", "localtime", "posixrules", "US/Pacific-New")


@cache
def names() -> tuple[str, ...]:
    """Every zone of the tz database by name, sorted: ``Africa/Abidjan`` to ``Zulu``."""
    return tuple(sorted(name for name in zoneinfo.available_timezones() if not name.startswith(_NO_PLACES)))


def validate_name(name: str) -> None:
    """Refuse what is no zone.

    Raises:
        ValidationError: there is no zone of that name.
    """
    if name not in names():
        raise ValidationError(_("There is no time zone “%(name)s”."), code="unknown_zone", params={"name": name})


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Zones for a list to choose from, as (region, [(name, place)])."""
    placed = (name for name in names() if "/" in name)
    regions = groupby(placed, key=lambda name: name.partition("/")[0])
    return [
        (region, [(name, name.partition("/")[2].replace("_", " ").replace("/", ", ")) for name in members])
        for region, members in regions
    ] + [("UTC", [("UTC", "UTC")])]


def browsers(request: HttpRequest) -> str:
    """The zone that the browser says it is in; empty when it doesn't, or says something that is none."""
    name = request.COOKIES.get(COOKIE, "")
    return name if name in names() else ""


def of(request: HttpRequest) -> zoneinfo.ZoneInfo:
    """The zone for the pages of this request."""
    chosen: str = getattr(request.user, "time_zone", "")
    for name in (chosen, browsers(request)):
        if name:
            try:
                return zoneinfo.ZoneInfo(name)
            except (zoneinfo.ZoneInfoNotFoundError, ValueError):  # chosen on a machine that knew more zones
                continue
    default = timezone.get_default_timezone()
    assert isinstance(default, zoneinfo.ZoneInfo)  # noqa: S101 - Django makes one of TIME_ZONE
    return default
