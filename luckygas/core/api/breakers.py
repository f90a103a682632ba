"""``/api/v1/health/circuit-breakers``: how it stands with each outside party, and closing a breaker."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from luckygas.core import breakers
from luckygas.core.api.idempotency import Idempotent


class BreakerSerializer(serializers.Serializer[breakers.State]):
    party = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    state = serializers.ChoiceField(choices=["closed", "open", "half-open"])
    failures = serializers.IntegerField(help_text="failures in a row")
    fail_max = serializers.IntegerField(help_text="at so many it opens")
    opened_at = serializers.DateTimeField(allow_null=True, help_text="null while closed")
    retry_in = serializers.IntegerField(help_text="seconds until a trial is let through")
    shared = serializers.BooleanField(help_text="false: Redis is away and this is one process's own count")


class BreakersSerializer(serializers.Serializer[Any]):
    breakers = BreakerSerializer(many=True)


class ResetSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200)


class BreakersView(APIView):
    """Every outside party with the state of its breaker."""

    required_scope = "health:read"

    @extend_schema(operation_id="circuit_breakers", responses=BreakersSerializer)
    def get(self, request: Request) -> Response:
        return Response(BreakersSerializer({"breakers": breakers.states()}).data)


class BreakerResetView(Idempotent, APIView):
    """Close a party's breaker, with a reason."""

    required_scope = "breakers:reset"
    idempotency_required = False

    @extend_schema(operation_id="circuit_breaker_reset", request=ResetSerializer, responses=BreakerSerializer)
    def post(self, request: Request, party: str) -> Response:
        wanted = ResetSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        program: Any = request.user
        state = breakers.reset(party, actor=program.actor, reason=wanted.validated_data["reason"])
        return Response(BreakerSerializer(state).data)
