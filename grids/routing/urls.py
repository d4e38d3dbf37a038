"""Pages of this topic, beside those of its registers."""

from django.urls import path

from grids.routing import views

urlpatterns = [
    path("grids/routing-rules/trial/", views.trial, name="routing-rules-trial"),
]
