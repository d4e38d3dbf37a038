"""去哪儿."""

from django.urls import path

from suzhou_portal.dashboards.palette import views

urlpatterns = [
    path("go/", views.go, name="palette"),
    path("go/chosen/", views.chosen, name="palette-chosen"),
    path("go/pin/", views.pin, name="palette-pin"),
]
