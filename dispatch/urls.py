"""The driver's pages. The office's pages are in the admin (`dispatch.admin`)."""

from django.urls import include, path

from dispatch.views import driver

pages = [
    path("", driver.today, name="today"),
    path("routes/<int:route_id>/", driver.route, name="route"),
    path("routes/<int:route_id>/mileage/", driver.mileage, name="mileage"),
    path("stops/<int:stop_id>/", driver.stop, name="stop"),
    path("stops/<int:stop_id>/arrive/", driver.arrive, name="arrive"),
    path("stops/<int:stop_id>/deliver/", driver.deliver, name="deliver"),
    path("stops/<int:stop_id>/fail/", driver.fail, name="fail"),
]

urlpatterns = [path("driver/", include((pages, "driver")))]
