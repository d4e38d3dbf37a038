"""Pages of this topic, beside those of its registers."""

from django.urls import path

from grids.changes import views

urlpatterns = [
    *(
        path(f"grids/grids/<str:code>/{kind}/", views.operate, {"kind": kind}, name=f"grids-{kind}")
        for kind in ("split", "merge", "transfer", "close")
    ),
]
