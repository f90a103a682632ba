"""``/api/v1/orders``: list, read, create, cancel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api import KEY, REFUSALS, Problem, caller, plain
from customers.models import Customer
from customers.models.customer import PaymentMethod
from customers.models.site import SlotPreference
from luckygas.core.api.idempotency import Idempotent
from luckygas.core.errors import Refused
from orders.models import Order, OrderLine, OrderSource, OrderStatus, Product
from orders.services import checks
from orders.services import orders as service

WRITABLE_SOURCES = [OrderSource.PHONED, OrderSource.TELEMETRY]


class LineShown(serializers.Serializer):
    product = serializers.CharField(help_text="SKU")
    quantity = serializers.IntegerField()
    unit_price = serializers.DecimalField(12, 4, allow_null=True)
    delivered_quantity = serializers.IntegerField(allow_null=True)
    empties_returned = serializers.IntegerField(allow_null=True)
    full_returned = serializers.IntegerField()


class OrderShown(serializers.Serializer):
    number = serializers.CharField()
    customer = serializers.CharField(help_text="customer code")
    source = serializers.ChoiceField(OrderSource.choices)  # type: ignore[assignment]
    status = serializers.ChoiceField(OrderStatus.choices)
    scheduled_date = serializers.DateField()
    latest_date = serializers.DateField(allow_null=True)
    slot = serializers.ChoiceField(SlotPreference.choices)
    window_start = serializers.TimeField(allow_null=True)
    window_end = serializers.TimeField(allow_null=True)
    is_urgent = serializers.BooleanField()
    payment_method = serializers.ChoiceField(PaymentMethod.choices)
    note = serializers.CharField(allow_blank=True)
    total_amount = serializers.DecimalField(12, 0, help_text="NT$")
    lacks_price = serializers.BooleanField()
    delivered_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    version = serializers.IntegerField()
    lines = LineShown(many=True)


class OrderPage(serializers.Serializer):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = OrderShown(many=True)


class LineWanted(serializers.Serializer):
    product = serializers.CharField(help_text="SKU", max_length=12)
    quantity = serializers.IntegerField(min_value=0, max_value=checks.MOST_OF_ONE)


class OrderWanted(serializers.Serializer):
    customer = serializers.RegexField(r"^[0-9]{7}$", help_text="customer code")
    lines = LineWanted(many=True, allow_empty=False)
    source = serializers.ChoiceField(  # type: ignore[assignment]
        [(s.value, s.label) for s in WRITABLE_SOURCES], default=OrderSource.PHONED.value
    )
    scheduled_date = serializers.DateField(required=False)
    slot = serializers.ChoiceField(SlotPreference.choices, default=SlotPreference.ALL_DAY.value)
    window_start = serializers.TimeField(required=False, allow_null=True)
    window_end = serializers.TimeField(required=False, allow_null=True)
    is_urgent = serializers.BooleanField(default=False)
    note = serializers.CharField(default="", allow_blank=True, max_length=checks.LONGEST_NOTE)


class CancelWanted(serializers.Serializer):
    reason = serializers.CharField(max_length=200)
    version = serializers.IntegerField(required=False, help_text="refused with 409 when the order moved on")


class OrderFilter(django_filters.FilterSet):
    """``date`` is the delivery day; ``date_from`` and ``date_to`` are inclusive."""

    date = django_filters.DateFilter("scheduled_date")
    date_from = django_filters.DateFilter("scheduled_date", lookup_expr="gte")
    date_to = django_filters.DateFilter("scheduled_date", lookup_expr="lte")
    status = django_filters.ChoiceFilter(choices=OrderStatus.choices)
    source = django_filters.ChoiceFilter(choices=OrderSource.choices)
    customer = django_filters.CharFilter(method="of_customer", help_text="customer code")

    class Meta:
        model = Order
        fields = ["date", "date_from", "date_to", "status", "source", "customer"]

    def of_customer(self, rows: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        """The customer's id first: a join would hide the index on it."""
        found = Customer.objects.filter(code=value).values_list("pk", flat=True).first()
        return rows.filter(customer_id=found) if found else rows.none()


WRITE_REFUSALS = REFUSALS | {
    409: OpenApiResponse(Problem, description="busy, or changed meanwhile: read it again and repeat"),
    422: OpenApiResponse(Problem, description="refused by a rule, or the key belongs to another request"),
}
NOT_FOUND = {404: OpenApiResponse(Problem, description="no such row")}


def shown(orders: Sequence[Order]) -> list[dict[str, Any]]:
    """Orders of `_rows` as plain data: the serializer classes above are its schema, this is twenty times quicker."""
    lines: dict[int, list[dict[str, Any]]] = {order.pk: [] for order in orders}
    sold = OrderLine.objects.filter(order_id__in=lines).order_by("product__position").values_list(
        "order_id", "product__sku", "quantity", "unit_price", "delivered_quantity", "empties_returned", "full_returned"
    )  # fmt: skip
    for order_id, sku, quantity, unit_price, delivered, empties, full in sold:
        lines[order_id].append(
            {
                "product": sku,
                "quantity": quantity,
                "unit_price": None if unit_price is None else str(unit_price),
                "delivered_quantity": delivered,
                "empties_returned": empties,
                "full_returned": full,
            }
        )
    return [
        {
            "number": order.number,
            "customer": order.customer_code,  # type: ignore[attr-defined]
            "source": order.source,
            "status": order.status,
            "scheduled_date": order.scheduled_date,
            "latest_date": order.latest_date,
            "slot": order.slot,
            "window_start": order.window_start,
            "window_end": order.window_end,
            "is_urgent": order.is_urgent,
            "payment_method": order.payment_method,
            "note": order.note,
            "total_amount": str(order.total_amount),
            "lacks_price": order.lacks_price,
            "delivered_at": order.delivered_at,
            "created_at": order.created_at,
            "version": order.version,
            "lines": lines[order.pk],
        }
        for order in orders
    ]


def _rows() -> QuerySet[Order]:
    """Orders with their customer's code only: a customer has seventy more columns."""
    return Order.objects.annotate(customer_code=F("customer__code"))


def _one(order: Order) -> dict[str, Any]:
    return shown([_rows().get(pk=order.pk)])[0]


class OrderList(Idempotent, GenericAPIView):
    """Orders, newest first."""

    scope_family = "orders"
    queryset = Order.objects.none()
    serializer_class = OrderShown
    filterset_class = OrderFilter

    def get_queryset(self) -> QuerySet[Order]:
        return _rows().order_by("-id")

    @extend_schema(responses={200: OrderPage, **REFUSALS}, operation_id="orders_list")
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(shown(page or []))

    @extend_schema(
        request=OrderWanted,
        responses={201: OrderShown, **WRITE_REFUSALS},
        parameters=[KEY],
        operation_id="orders_create",
    )
    def post(self, request: Request) -> Response:
        entered = OrderWanted(data=request.data)
        entered.is_valid(raise_exception=True)
        data = dict(entered.validated_data)
        code = data.pop("customer")
        customer = Customer.objects.filter(code=code).first()
        if customer is None:
            raise Refused(
                _("There is no customer %(code)s; create it first.") % {"code": code},
                code="unknown_customer",
                field="customer",
            )
        made = service.create_order(customer, _lines(data.pop("lines")), actor=caller(request), **data)
        return Response(_one(made), status=201)


class OrderDetail(GenericAPIView):
    """One order by its number."""

    scope_family = "orders"
    queryset = Order.objects.none()
    serializer_class = OrderShown
    filter_backends: list[Any] = []
    pagination_class = None

    @extend_schema(responses={200: OrderShown, **REFUSALS, **NOT_FOUND}, operation_id="orders_read")
    def get(self, request: Request, number: str) -> Response:
        return Response(shown([get_object_or_404(_rows(), number=plain(number))])[0])


class OrderCancel(Idempotent, GenericAPIView):
    """Cancel what is not on its way yet."""

    scope_family = "orders"
    queryset = Order.objects.none()
    serializer_class = CancelWanted

    @extend_schema(
        request=CancelWanted,
        responses={200: OrderShown, **WRITE_REFUSALS, **NOT_FOUND},
        parameters=[KEY],
        operation_id="orders_cancel",
    )
    def post(self, request: Request, number: str) -> Response:
        entered = CancelWanted(data=request.data)
        entered.is_valid(raise_exception=True)
        order = get_object_or_404(Order, number=plain(number))
        service.cancel_order(
            order,
            reason=entered.validated_data["reason"],
            expected_version=entered.validated_data.get("version"),
            actor=caller(request),
        )
        return Response(_one(order))


def _lines(wanted: list[dict[str, Any]]) -> list[tuple[Product, int]]:
    products = {row.sku: row for row in Product.objects.filter(sku__in=[line["product"] for line in wanted])}
    for line in wanted:
        if line["product"] not in products:
            raise Refused(
                _("There is no product %(sku)s; the catalogue is under Products.") % {"sku": line["product"]},
                code="unknown_product",
                field="lines",
            )
    return [(products[line["product"]], line["quantity"]) for line in wanted]
