"""The hidden field by which a form is recognised when it is sent twice."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from webportal.analyses import once

register = template.Library()


@register.simple_tag
def form_id() -> SafeString:
    """A new id for the form that it stands in."""
    return format_html('<input type="hidden" name="{}" value="{}">', once.FIELD, once.new_id())
