"""Pages of this topic, beside those of its registers."""

from django.urls import path

from grids.signs import views

urlpatterns = [
    path("grids/grids/<str:code>/sign.svg", views.sign, name="grids-sign"),
    path("grids/signs/", views.sheet, name="grid-signs"),
]
