"""Addresses of the public pages."""

from __future__ import annotations

from django.urls import path

from webportal.pages import views

app_name = "pages"

urlpatterns = [
    path("", views.home, name="home"),
    path("info/", views.info, name="info"),
    path("info/<slug:short>/", views.about_class, name="class"),
]
