"""The portal's project package. Importing it readies Celery, so that tasks bind to its app."""

from suzhou_portal.celery import app as celery_app

__all__ = ["celery_app"]
