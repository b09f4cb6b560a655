"""What the worker does. The queue only says *when*; the analysis row alone says *whether*."""

from __future__ import annotations

import uuid

from django.conf import settings
from django_tasks import task

from webportal.analyses import services


@task()
def run_analysis(analysis_id: str) -> bool:
    """Take one analysis. Returns whether there was anything to do; taking it twice does nothing the second time."""
    timeout = settings.INFERENCE_WORKER_TIMEOUT
    return services.run(analysis_id=uuid.UUID(analysis_id), timeout=timeout, from_queue=True)
