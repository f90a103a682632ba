"""``/api/v1/customers``: list, read, create."""

from __future__ import annotations

from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import Area, Customer
from customers.models.customer import (
    CarrierType,
    CustomerKind,
    CustomerStatus,
    PaymentMethod,
    PricingMethod,
    VehicleRequirement,
)
from customers.models.site import SlotPreference
from customers.queries import lookup_ids
from customers.services import customers as service
from luckygas.core.actor import Actor
from luckygas.core.api.idempotency import Idempotent

FOUND = 200


class Problem(serializers.Serializer):
    """A problem document (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), required=False
    )


class AccountShown(serializers.Serializer):
    open_balance = serializers.DecimalField(12, 0, help_text="NT$")
    oldest_due = serializers.DateField(allow_null=True)
    credit_limit = serializers.DecimalField(12, 0, help_text="NT$")
    credit_hold = serializers.BooleanField()


class CustomerShown(serializers.Serializer):
    code = serializers.CharField()
    kind = serializers.ChoiceField(CustomerKind.choices)
    status = serializers.ChoiceField(CustomerStatus.choices)
    short_name = serializers.CharField(allow_blank=True)
    invoice_title = serializers.CharField(allow_blank=True)
    address = serializers.CharField(allow_blank=True)
    area = serializers.CharField(allow_null=True, help_text="code of the area")
    phones = serializers.ListField(child=serializers.CharField(), help_text="E.164, the main one first")
    email = serializers.CharField(allow_blank=True)
    tax_id = serializers.CharField(allow_blank=True)
    pricing_method = serializers.ChoiceField(PricingMethod.choices)
    payment_method = serializers.ChoiceField(PaymentMethod.choices)
    vehicle_requirement = serializers.ChoiceField(VehicleRequirement.choices)
    lat = serializers.DecimalField(9, 6, allow_null=True)
    lng = serializers.DecimalField(9, 6, allow_null=True)
    max_cycle_days = serializers.IntegerField(allow_null=True)
    postpone_days = serializers.IntegerField(allow_null=True)
    notes = serializers.CharField(allow_blank=True)
    account = AccountShown(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class CustomerPage(serializers.Serializer):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = CustomerShown(many=True)


class CustomerWanted(serializers.Serializer):
    """Without ``code`` the customer gets the next free one."""

    code = serializers.RegexField(r"^[0-9]{7}$", required=False)
    kind = serializers.ChoiceField(CustomerKind.choices)
    short_name = serializers.CharField(max_length=100)
    invoice_title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    address = serializers.CharField(max_length=300, required=False, allow_blank=True)
    area = serializers.SlugRelatedField(slug_field="code", queryset=Area.objects.all(), required=False)
    phones = serializers.ListField(
        child=serializers.CharField(max_length=30), max_length=10, required=False, help_text="as dialled"
    )
    email = serializers.EmailField(required=False, allow_blank=True)
    tax_id = serializers.RegexField(r"^([0-9]{8})?$", required=False, allow_blank=True)
    carrier_type = serializers.ChoiceField(CarrierType.choices, required=False)
    carrier_id = serializers.CharField(max_length=64, required=False)
    donation_code = serializers.CharField(max_length=7, required=False)
    pricing_method = serializers.ChoiceField(PricingMethod.choices, required=False)
    payment_method = serializers.ChoiceField(PaymentMethod.choices, required=False)
    vehicle_requirement = serializers.ChoiceField(VehicleRequirement.choices, required=False)
    slot = serializers.ChoiceField(SlotPreference.choices, required=False)
    lat = serializers.DecimalField(9, 6, required=False)
    lng = serializers.DecimalField(9, 6, required=False)
    max_cycle_days = serializers.IntegerField(min_value=1, max_value=400, required=False)
    postpone_days = serializers.IntegerField(min_value=0, max_value=400, required=False)
    notes = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class CustomerFilter(django_filters.FilterSet):
    """``q`` finds by code, phone number, name or address, at most 200 customers."""

    kind = django_filters.ChoiceFilter(choices=CustomerKind.choices)
    status = django_filters.ChoiceFilter(choices=CustomerStatus.choices)
    area = django_filters.CharFilter("area__code", help_text="code of the area")
    q = django_filters.CharFilter(method="find")

    class Meta:
        model = Customer
        fields = ["kind", "status", "area", "q"]

    def find(self, rows: QuerySet[Customer], name: str, value: str) -> QuerySet[Customer]:
        return rows.filter(pk__in=lookup_ids(value, FOUND))


REFUSALS = {
    400: OpenApiResponse(Problem, description="a field is invalid"),
    401: OpenApiResponse(Problem, description="no valid token"),
    403: OpenApiResponse(Problem, description="the token lacks the scope"),
    429: OpenApiResponse(Problem, description="too many requests; see Retry-After"),
}
KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="new for each deed, the same for its retries; at most 255 characters",
)


def caller(request: Request) -> Actor:
    """Who a token speaks for."""
    program: Any = request.user
    actor: Actor = program.actor
    return actor


def plain(text: str) -> str:
    """Part of an address without NUL, which PostgreSQL cannot compare."""
    return text.replace("\x00", "")


def shown(customer: Customer) -> dict[str, Any]:
    """A customer as plain data; ``CustomerShown`` is its schema."""
    account = getattr(customer, "account", None)
    return {
        "code": customer.code,
        "kind": customer.kind,
        "status": customer.status,
        "short_name": customer.short_name,
        "invoice_title": customer.invoice_title,
        "address": customer.address,
        "area": customer.area.code if customer.area else None,
        "phones": [phone.number for phone in customer.phones.all()],
        "email": customer.email,
        "tax_id": customer.tax_id,
        "pricing_method": customer.pricing_method,
        "payment_method": customer.payment_method,
        "vehicle_requirement": customer.vehicle_requirement,
        "lat": None if customer.lat is None else str(customer.lat),
        "lng": None if customer.lng is None else str(customer.lng),
        "max_cycle_days": customer.max_cycle_days,
        "postpone_days": customer.postpone_days,
        "notes": customer.notes,
        "account": account
        and {
            "open_balance": str(account.open_balance),
            "oldest_due": account.oldest_due,
            "credit_limit": str(account.credit_limit),
            "credit_hold": account.credit_hold,
        },
        "created_at": customer.created_at,
        "updated_at": customer.updated_at,
    }


def _rows() -> QuerySet[Customer]:
    return Customer.objects.select_related("area", "account").prefetch_related("phones").defer("search_text")


class CustomerList(Idempotent, GenericAPIView):
    """Customers, the youngest first."""

    scope_family = "customers"
    queryset = Customer.objects.none()
    serializer_class = CustomerShown
    filterset_class = CustomerFilter

    def get_queryset(self) -> QuerySet[Customer]:
        return _rows().order_by("-id")

    @extend_schema(responses={200: CustomerPage, **REFUSALS}, operation_id="customers_list")
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([shown(customer) for customer in page or []])

    @extend_schema(
        request=CustomerWanted,
        responses={
            201: CustomerShown,
            **REFUSALS,
            409: OpenApiResponse(Problem, description="busy: try again"),
            422: OpenApiResponse(
                Problem, description="refused by a rule, or the key belongs to another request"
            ),
        },
        parameters=[KEY],
        operation_id="customers_create",
    )
    def post(self, request: Request) -> Response:
        entered = CustomerWanted(data=request.data)
        entered.is_valid(raise_exception=True)
        made = service.create_customer(entered.validated_data, actor=caller(request))
        return Response(shown(_rows().get(pk=made.pk)), status=201)


class CustomerDetail(GenericAPIView):
    """One customer by his code."""

    scope_family = "customers"
    queryset = Customer.objects.none()
    serializer_class = CustomerShown
    filter_backends: list[Any] = []
    pagination_class = None

    @extend_schema(
        responses={
            200: CustomerShown,
            **REFUSALS,
            404: OpenApiResponse(Problem, description="no such customer"),
        },
        operation_id="customers_read",
    )
    def get(self, request: Request, code: str) -> Response:
        return Response(shown(get_object_or_404(_rows(), code=plain(code))))
