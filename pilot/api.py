"""``/api/v1/flags``: the flags, and what one says about a customer. To be read only."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api import REFUSALS, Problem, plain
from customers.models import Customer
from luckygas.core import clock
from pilot.flags import rules
from pilot.models import Flag
from pilot.queries import flags as shown

NOT_FOUND = {404: OpenApiResponse(Problem, description="no such flag or customer")}


class FlagShown(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField(help_text="boolean, percentage or customer_list")
    state = serializers.CharField(help_text="active, inactive or archived")
    is_enabled = serializers.BooleanField()
    percentage = serializers.DecimalField(5, 2)
    kinds = serializers.ListField(child=serializers.CharField(), help_text="kinds of customer; empty: all")
    areas = serializers.ListField(child=serializers.CharField(), help_text="codes of areas; empty: all")
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    killed = serializers.BooleanField()
    changed_at = serializers.DateTimeField()


class FlagPage(serializers.Serializer):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = FlagShown(many=True)


class Evaluation(serializers.Serializer):
    flag = serializers.CharField()
    customer = serializers.CharField(help_text="customer code")
    value = serializers.BooleanField()
    variant = serializers.CharField(help_text="on or off")
    reason = serializers.CharField(help_text="the rule that decided")


class FlagList(GenericAPIView):
    """The flags, the newest first."""

    scope_family = "flags"
    queryset = Flag.objects.none()
    serializer_class = FlagShown
    filter_backends: list[Any] = []

    @extend_schema(responses={200: FlagPage, **REFUSALS}, operation_id="flags_list")
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(Flag.objects.order_by("-id"))
        return self.get_paginated_response(FlagShown(page or [], many=True).data)


class FlagEvaluation(GenericAPIView):
    """What a flag says about one customer, by its rules as they are now."""

    scope_family = "flags"
    queryset = Flag.objects.none()
    serializer_class = Evaluation
    filter_backends: list[Any] = []
    pagination_class = None

    @extend_schema(
        parameters=[OpenApiParameter("customer", str, required=True, description="customer code")],
        responses={200: Evaluation, **REFUSALS, **NOT_FOUND},
        operation_id="flags_evaluate",
    )
    def get(self, request: Request, name: str) -> Response:
        flag = get_object_or_404(Flag, name=plain(name))
        rows = Customer.objects.select_related("area")
        customer = get_object_or_404(rows, code=plain(request.query_params.get("customer", "")))
        known = shown.rules_of(flag)
        attributes = {"kind": customer.kind, "area": customer.area.code if customer.area else ""}
        decision = rules.decide(known, customer.code, attributes, clock.now())
        return Response(
            {
                "flag": flag.name,
                "customer": customer.code,
                "value": decision.value,
                "variant": "on" if decision.value else "off",
                "reason": rules.reason(known, decision),
            }
        )
