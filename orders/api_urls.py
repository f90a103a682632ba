"""The floor's part of /api/v1/."""

from django.urls import path

from orders import api

urlpatterns = [
    path("orders", api.OrderList.as_view(), name="orders"),
    path("orders/<str:number>", api.OrderDetail.as_view(), name="order"),
    path("orders/<str:number>/cancel", api.OrderCancel.as_view(), name="order-cancel"),
]
