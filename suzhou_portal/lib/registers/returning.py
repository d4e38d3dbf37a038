"""Back to where one came from: pages that mend something return to the list that led there."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def way_back(request: HttpRequest, default: str) -> str:
    """The address in ``next`` (posted, or in the query), if it is one of this portal; else ``default``."""
    wanted = (request.POST.get("next") or request.GET.get("next") or "")[:500]
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if wanted and ours and "\x00" not in wanted else default
