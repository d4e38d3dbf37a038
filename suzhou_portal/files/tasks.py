"""Background jobs of the attachments; each may run twice."""

from celery import shared_task

from suzhou_portal.files import sweeping


@shared_task(name="files.clear")
def clear() -> int:
    """Delete from the disk what was removed or erased and is still there; returns of how many attachments."""
    return sweeping.clear_waiting()


@shared_task(name="files.check")
def check() -> int:
    """Compare rows and files, delete files without a row; returns how many attachments have lost their file."""
    return len(sweeping.check(clean=True).missing)
