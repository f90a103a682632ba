"""The floor's part of /api/v1/."""

from django.urls import path

from pilot import api

urlpatterns = [
    path("flags", api.FlagList.as_view(), name="flags"),
    path("flags/<str:name>/evaluate", api.FlagEvaluation.as_view(), name="flag-evaluate"),
]
