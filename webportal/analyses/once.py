"""A form is sent once, however often it arrives: by a double click, a reload, or a script that heard no answer.

Every form that makes something carries an id of its own. What it makes gets an id that follows from that one, so the
database itself refuses to make it twice, and whoever comes second finds what the first one made.
"""

from __future__ import annotations

import uuid

from django.http import HttpRequest

#: Name of the hidden field.
FIELD = "form_id"


def new_id() -> uuid.UUID:
    """For a form on a page."""
    return uuid.uuid4()


def id_in(request: HttpRequest) -> uuid.UUID:
    """The id of the form that was sent; a new one where it carries none."""
    try:
        return uuid.UUID(request.POST.get(FIELD, ""))
    except ValueError:
        return new_id()


def made_by(form_id: uuid.UUID, *what: object) -> uuid.UUID:
    """The id of something that the form makes; ``what`` tells several apart."""
    return uuid.uuid5(form_id, "/".join(map(str, what)))
