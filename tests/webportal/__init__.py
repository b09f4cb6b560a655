"""Tests of the portal. Django is set up here and not in pyproject.toml, so that all other tests start without it."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webportal.settings.test")
django.setup()
