"""Pages of this topic, beside those of its registers."""

from django.urls import path

from grids.rosters import views

urlpatterns = [
    path("grids/grids/<str:code>/leader/", views.change_leader, name="grids-leader-page"),
]
