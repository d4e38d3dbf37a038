"""Pages of this topic, beside those of its registers."""

from django.urls import path

from covenants.deliveries import views

urlpatterns = [
    path("covenants/deliveries/<int:pk>/actions/<slug:action>/", views.act, name="deliveries-action"),
]
