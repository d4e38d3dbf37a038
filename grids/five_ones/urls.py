"""Pages of this topic, beside those of its registers."""

from django.urls import path

from grids.five_ones import views

urlpatterns = [
    path("grids/grids/<str:code>/five-ones/<str:slot>/", views.state, name="grids-five-one"),
]
