"""Addresses of the portal."""

from __future__ import annotations

from allauth.mfa.totp.views import activate_totp
from csp.decorators import csp_update
from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from django.views.i18n import set_language

from webportal.accounts.views import administration_door
from webportal.operations.views import dashboard

admin.site.site_header = _("Beatlens administration")
admin.site.site_title = _("Beatlens")
admin.site.index_title = _("For research and education only. Not a medical device, not for diagnosis.")
# One door: administrators log in where everybody does, under the same limits, with a second factor where one is wanted.
admin.site.login = administration_door(admin.site.login)  # type: ignore[method-assign]
admin.site.has_permission = lambda request: getattr(request.user, "may_administer", False)  # type: ignore[method-assign]

urlpatterns = [
    path("language/", set_language, name="set_language"),
    path("admin/operations/", admin.site.admin_view(dashboard), name="operations"),
    path("admin/", admin.site.urls),
    # The QR code to scan is a picture inside the page; on this page alone such pictures are allowed.
    path("accounts/2fa/totp/activate/", csp_update({"img-src": ["data:"]})(activate_totp), name="mfa_activate_totp"),
    path("accounts/", include("allauth.urls")),
    path("accounts/", include("webportal.accounts.urls")),
    path("", include("webportal.pages.urls")),
    path("", include("webportal.analyses.urls")),
    path("", include("webportal.trial.urls")),
]

handler400 = "webportal.errors.bad_request"
handler403 = "webportal.errors.permission_denied"
handler404 = "webportal.errors.page_not_found"
handler429 = "webportal.errors.too_many_requests"
handler500 = "webportal.errors.server_error"
