"""Addresses of the public pages."""

from __future__ import annotations

from django.urls import path

from webportal.pages import documents, views

app_name = "pages"

urlpatterns = [
    path("", views.home, name="home"),
    path("help/", views.user_guide, name="help"),
    *(path(f"{name}/", views.statement, {"name": name}, name=name) for name in documents.STATEMENTS),
    path("info/", views.info, name="info"),
    path("info/<slug:short>/", views.about_class, name="class"),
]
