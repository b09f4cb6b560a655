"""Addresses of the portal."""

from __future__ import annotations

from allauth.mfa.totp.views import activate_totp
from csp.decorators import csp_update
from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from webportal.operations import tokens
from webportal.operations.views import dashboard

urlpatterns = [
    path("language/", set_language, name="set_language"),
    path("admin/operations/", admin.site.admin_view(dashboard), name="operations"),
    path("admin/tokens/", admin.site.admin_view(tokens.overview), name="tokens"),
    path("admin/tokens/<token>/revoke/", admin.site.admin_view(tokens.revoke), name="revoke-token"),
    path("admin/", admin.site.urls),
    # The QR code to scan is a picture inside the page; on this page alone such pictures are allowed.
    path("accounts/2fa/totp/activate/", csp_update({"img-src": ["data:"]})(activate_totp), name="mfa_activate_totp"),
    path("accounts/tokens/", include("webportal.api.page_urls")),
    path("accounts/", include("allauth.urls")),
    path("accounts/", include("webportal.accounts.urls")),
    path("", include("webportal.pages.urls")),
    path("", include("webportal.analyses.urls")),
    path("", include("webportal.recordings.urls")),
    path("", include("webportal.trial.urls")),
    path("api/v1/", include("webportal.api.urls")),
]

handler400 = "webportal.errors.bad_request"
handler403 = "webportal.errors.permission_denied"
handler404 = "webportal.errors.page_not_found"
handler429 = "webportal.errors.too_many_requests"
handler500 = "webportal.errors.server_error"
