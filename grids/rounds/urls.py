"""Pages of this topic, beside those of its registers."""

from django.urls import path

from grids.rounds import views
from grids.rounds.register import FindingCase, PatrolCase
from suzhou_portal.lib.registers import site

PATROLS, FINDINGS = site[PatrolCase.name], site[FindingCase.name]
RECORD = {"document": "record"}

urlpatterns = [
    path("patrols/", views.home, name="patrol-home"),
    path("patrols/start/", views.start, name="patrol-start"),
    path("patrols/findings/<str:key>/<slug:action>/", FINDINGS.view("act"), name="patrol-finding-action"),
    path("patrols/<str:key>/record/", PATROLS.view("paper"), RECORD, name="patrol-record"),
    path("patrols/<str:key>/record/<slug:kind>/", PATROLS.view("paper-file"), RECORD, name="patrol-record-file"),
    path("patrols/<slug:number>/stops/<int:pk>/", views.stop, name="patrol-stop"),
    path("patrols/<slug:number>/stops/<int:pk>/new/", views.find, name="patrol-find"),
    path("patrols/<str:key>/<slug:action>/", PATROLS.view("act"), name="patrol-action"),
]
