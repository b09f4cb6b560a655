"""One's own analyses in numbers."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from webportal.accounts.current import current_user
from webportal.analyses.history import charts, statistics


@login_required
@require_safe
@never_cache
def summary(request: HttpRequest) -> HttpResponse:
    """One's own analyses in numbers."""
    period = statistics.PERIODS.get(request.GET.get("period", "")) or statistics.PERIODS["year"]
    figures = statistics.of(current_user(request), period)
    chart = charts.stacked([list(step.counts.values()) for step in figures.steps])
    context = {
        "statistics": figures,
        "chart": chart,
        "columns": list(zip(figures.steps, chart.bars, strict=True)),
        "outcomes": statistics.OUTCOMES,
        "period": period,
        "periods": statistics.PERIODS,
    }
    return render(request, "analyses/statistics.html", context)
