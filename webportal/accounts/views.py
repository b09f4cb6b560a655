"""The account page: where everything about one's own account is found, taken along or deleted."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from allauth.account.decorators import reauthentication_required, secure_admin_login
from allauth.decorators import rate_limit
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from webportal.accounts import exports, quota, services
from webportal.accounts.models import User


def administration_door(log_in: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Where those stand who are not let into the administration: at the log-in for everybody, or, for staff without the
    second factor that the installation wants of them, at the page where they set it up.
    """
    log_in = secure_admin_login(log_in)

    def door(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        user = request.user
        if user.is_authenticated and user.is_active and user.is_staff and not user.may_administer:
            messages.warning(request, _("Administrators need a second factor here. Set it up first."))
            return redirect("mfa_index")
        return log_in(request, *args, **kwargs)

    return door


@login_required
@require_safe
@never_cache
def overview(request: HttpRequest) -> HttpResponse:
    """Links to everything about one's own account, and how much room it takes."""
    return render(request, "accounts/overview.html", {"space": quota.space_of(cast(User, request.user))})


@login_required
@require_POST
@rate_limit(action="export")  # type: ignore[untyped-decorator]
@never_cache
def export(request: HttpRequest) -> FileResponse:
    """Everything that is stored about oneself, as one zip file."""
    # On disk, not in memory: a history may be large. The response closes it, which removes it.
    file = tempfile.TemporaryFile()  # noqa: SIM115
    try:
        exports.write_archive(cast(User, request.user), file)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return FileResponse(file, as_attachment=True, filename="beatlens-export.zip", content_type="application/zip")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]
@never_cache
def delete(request: HttpRequest) -> HttpResponse:
    """Delete one's own account, after the password and a second question."""
    user = cast(User, request.user)
    if request.method != "POST":
        return render(request, "accounts/confirm_delete.html")
    try:
        services.delete_account(user=user)
    except ValidationError as error:
        context = {"problem": error.messages[0]}
        return render(request, "accounts/confirm_delete.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    logout(request)
    messages.success(request, _("Your account and everything that belonged to it have been deleted."))
    return redirect("pages:home")
