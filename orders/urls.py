"""Pages of this floor with an address of their own."""

from django.urls import path

from orders.views import desk

app_name = "orders"
urlpatterns = [path("orders/desk/", desk.entrance, name="desk")]
