"""The Celery application; the broker is Redis, or a folder in the embedded set-up."""

import os
from typing import Any

from celery import Celery
from celery.signals import import_modules

from suzhou_portal import folder_queue  # noqa: F401 -- makes the scheme of the embedded queue known
from suzhou_portal.lib import topics

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "suzhou_portal.settings")

app = Celery("suzhou_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")


@import_modules.connect
def find_tasks(**_: Any) -> None:
    """Jobs of topics are found as all that topics declare."""
    topics.found("tasks")
