"""The 协议书: the page to print, and the files. Whoever may see the covenant may print it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from covenants.agreements.finding import covenant_in_scope
from covenants.agreements.papers import papers_of
from suzhou_portal.lib.cases.papers import named, paper_file, paper_page


@never_cache
@require_GET
def page(request: HttpRequest, number: str, document: str) -> HttpResponse:
    """The document as a page to look at and print."""
    covenant = covenant_in_scope(request, number)
    return paper_page(request, covenant, named(papers_of(covenant), document), "返回协议")


@never_cache
@require_GET
def file(request: HttpRequest, number: str, document: str, kind: str) -> HttpResponse:
    """The document as a file."""
    covenant = covenant_in_scope(request, number)
    return paper_file(request, covenant, named(papers_of(covenant), document), kind)
