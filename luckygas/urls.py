"""Where everything is."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path
from django.views.i18n import JavaScriptCatalog
from drf_spectacular.views import SpectacularAPIView

from luckygas import floors
from luckygas.core import health
from luckygas.core.admin import breakers as breakers_page
from luckygas.core.api import breakers
from luckygas.core.api.problems import unknown_address
from luckygas.core.metrics import metrics
from luckygas.core.notify import receipts
from luckygas.home import landing

api = [
    path("health", health.HealthView.as_view(), name="health"),
    path("health/ready", health.ReadyView.as_view(), name="health-ready"),
    path("health/detailed", health.DetailedView.as_view(), name="health-detailed"),
    path("health/circuit-breakers", breakers.BreakersView.as_view(), name="circuit-breakers"),
    path(
        "health/circuit-breakers/<slug:party>/reset",
        breakers.BreakerResetView.as_view(),
        name="circuit-breaker-reset",
    ),
    path(
        "schema",
        SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[], throttle_classes=[]),
        name="schema",
    ),
    *floors.api(),
    path("<path:address>", unknown_address),
]

urlpatterns = [
    path("", landing, name="landing"),
    path("login/", auth_views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("admin/jsi18n/", JavaScriptCatalog.as_view(), name="javascript-catalog"),
    path("admin/core/outside/parties/", admin.site.admin_view(breakers_page.page), name="breakers"),
    path("admin/", admin.site.urls),
    path("api/v1/", include((api, "api"))),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics, name="metrics"),
    path("hooks/twilio/<str:token>", receipts.twilio, name="hook-twilio"),
    *floors.pages(),
]
