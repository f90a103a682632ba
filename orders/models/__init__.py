"""What customers need: the catalogue and its prices, orders, and where every cylinder is."""

from orders.models.catalogue import Price, Product
from orders.models.due import DueRun
from orders.models.order import (
    OPEN_STATUSES,
    FailureReason,
    Order,
    OrderCounter,
    OrderLine,
    OrderSource,
    OrderStatus,
    OrderStatusChange,
    ServedBy,
)
from orders.models.places import Condition, CylinderMovement, MeterReading, Place, PlaceKind

__all__ = [
    "OPEN_STATUSES",
    "Condition",
    "CylinderMovement",
    "DueRun",
    "FailureReason",
    "MeterReading",
    "Order",
    "OrderCounter",
    "OrderLine",
    "OrderSource",
    "OrderStatus",
    "OrderStatusChange",
    "Place",
    "PlaceKind",
    "Price",
    "Product",
    "ServedBy",
]
