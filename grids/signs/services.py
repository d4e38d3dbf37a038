"""网格标牌: a QR code per grid that opens the report page with the place chosen.

A sign on a wall outlives the grid's changes: the code of a grid that was split or merged
opens what became of it (``grids.places.succession.place_of_code``).
"""

import io

import segno
from django.conf import settings
from django.http import HttpRequest

from grids.entry.views import entry_url
from grids.places.models import Grid

# M: a quarter of the sign may be dirty or torn off (15 %), and the code stays coarse enough for old phones.
ERROR_CORRECTION = "m"


def report_address(grid: Grid, request: HttpRequest) -> str:
    """The whole address that the code holds: under ``PORTAL_URL``, else where the portal was opened now."""
    path = entry_url(grid.code)
    root = str(settings.PORTAL_URL or "").rstrip("/")
    return f"{root}{path}" if root else request.build_absolute_uri(path)


def qr_code(address: str) -> segno.QRCode:
    """The code that holds ``address``."""
    return segno.make_qr(address, error=ERROR_CORRECTION)


def svg_inline(address: str, title: str) -> str:
    """The code as SVG to stand in a page: sized by the style sheet, without inline style."""
    return qr_code(address).svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None, title=title)


def svg_file(address: str, title: str) -> bytes:
    """The code as an SVG file."""
    buffer = io.BytesIO()
    qr_code(address).save(buffer, kind="svg", scale=10, border=4, title=title, xmldecl=True)
    return buffer.getvalue()
