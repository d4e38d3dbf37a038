"""Pages of this topic, beside those of its registers."""

from django.urls import path

from grids.rounds import views

urlpatterns = [
    path("patrols/", views.home, name="patrol-home"),
    path("patrols/start/", views.start, name="patrol-start"),
    path("patrols/<slug:number>/stops/<int:pk>/", views.stop, name="patrol-stop"),
    path("patrols/<slug:number>/stops/<int:pk>/new/", views.find, name="patrol-find"),
]
