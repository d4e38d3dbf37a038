"""Pages of this topic, beside those of its registers."""

from django.urls import path

from grids.rounds import paper_views, views

urlpatterns = [
    path("patrols/", views.home, name="patrol-home"),
    path("patrols/start/", views.start, name="patrol-start"),
    path("patrols/findings/<int:pk>/<slug:action>/", views.finding_act, name="patrol-finding-action"),
    path("patrols/<slug:number>/record/", paper_views.page, name="patrol-record"),
    path("patrols/<slug:number>/record/<slug:kind>/", paper_views.file, name="patrol-record-file"),
    path("patrols/<slug:number>/stops/<int:pk>/", views.stop, name="patrol-stop"),
    path("patrols/<slug:number>/stops/<int:pk>/new/", views.find, name="patrol-find"),
    path("patrols/<slug:number>/<slug:action>/", views.act, name="patrol-action"),
]
