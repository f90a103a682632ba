"""The floor's part of /api/v1/."""

from django.urls import path

from customers import api

urlpatterns = [
    path("customers", api.CustomerList.as_view(), name="customers"),
    path("customers/<str:code>", api.CustomerDetail.as_view(), name="customer"),
]
