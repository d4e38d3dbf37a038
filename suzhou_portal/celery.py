"""The Celery application; the broker is Redis, or a folder in the embedded set-up."""

import os

from celery import Celery

from suzhou_portal import folder_queue  # noqa: F401 -- makes the scheme of the embedded queue known

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "suzhou_portal.settings")

app = Celery("suzhou_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
