"""What other packages put into the administration and nobody should edit there.

The rows of the queue of tasks are its own business: :mod:`webportal.operations.views` says what waits, and an analysis
that failed is queued again in its own list.
"""

from __future__ import annotations

from django.contrib import admin
from django_tasks_db.models import DBTaskResult

admin.site.unregister(DBTaskResult)
