"""Pages of this topic, beside those of its registers."""

from django.urls import path

from grids.coverage import views

urlpatterns = [
    path("grids/coverage/", views.overview, name="grid-coverage"),
    path("grids/coverage/gaps/", views.gaps, name="grid-coverage-gaps"),
    path("grids/coverage/mend/", views.mend, name="grid-coverage-mend"),
]
