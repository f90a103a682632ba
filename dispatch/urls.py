"""The driver's pages, and the customer's. The office's pages are in the admin (`dispatch.admin`)."""

from django.urls import include, path

from dispatch.views import driver, tracking

pages = [
    path("", driver.today, name="today"),
    path("routes/<int:route_id>/", driver.route, name="route"),
    path("routes/<int:route_id>/mileage/", driver.mileage, name="mileage"),
    path("stops/<int:stop_id>/", driver.stop, name="stop"),
    path("stops/<int:stop_id>/arrive/", driver.arrive, name="arrive"),
    path("stops/<int:stop_id>/deliver/", driver.deliver, name="deliver"),
    path("stops/<int:stop_id>/fail/", driver.fail, name="fail"),
]

urlpatterns = [
    path("driver/", include((pages, "driver"))),
    path("t/<str:token>", tracking.page, name="track"),
]
