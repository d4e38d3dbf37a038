"""Documents of an issue: the page to print, and the files. Whoever may see the issue may print it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from grids.page.papers import paper_named
from grids.page.views import issue_in_scope
from suzhou_portal.lib.cases.papers import paper_file, paper_page


@never_cache
@require_safe
def page(request: HttpRequest, number: str, document: str) -> HttpResponse:
    """The document as a page to look at and print."""
    issue = issue_in_scope(request, number)
    return paper_page(request, issue, paper_named(issue, document, request.user), "返回事件")


@never_cache
@require_safe
def file(request: HttpRequest, number: str, document: str, kind: str) -> HttpResponse:
    """The document as a file."""
    issue = issue_in_scope(request, number)
    return paper_file(request, issue, paper_named(issue, document, request.user), kind)
