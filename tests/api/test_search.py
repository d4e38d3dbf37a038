"""``?q=`` of ``/api/v1/issues/``: what is found, and where the words stand."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grids.issues.workflow import WORKFLOW
from tests import factories as make

pytestmark = pytest.mark.dialect


def test_the_api_tells_where_the_words_stand(cast, api):
    issue = make.make_issue(cast.secretary, cast.compound, cast.litter, "楼道堆物")
    WORKFLOW.apply(issue, "take", by=cast.secretary, inputs={"note": "已联系物业"})
    client = api(cast.officer)

    def highlight(words):
        return client.get(f"issues/?q={words}").json()["results"][0]["highlight"]

    assert highlight("堆物") == [{"in": "description", "text": "楼道堆物", "marks": [[2, 4]]}]
    assert highlight("物业") == [{"in": "note", "text": "已联系物业", "marks": [[3, 5]]}]
    assert [piece["in"] for piece in highlight("堆物 物业")] == ["description", "note"]
    assert highlight(issue.number) == []
    assert "highlight" not in client.get("issues/").json()["results"][0]


def test_pages_of_a_search_follow_one_another(cast, api):
    issues = make.many_issues(cast.secretary, cast.compound, cast.litter, 7)
    client = api(cast.officer)
    seen, address = [], "issues/?q=事情&page_size=3"
    while address:
        page = client.get(address).json()
        seen += [row["id"] for row in page["results"]]
        address = page["next"]
    assert seen == [issue.pk for issue in reversed(issues)]


def test_a_search_makes_at_most_one_query_more(cast, api):
    client = api(cast.officer)
    counts = []
    for total in (3, 20):
        for issue in make.many_issues(cast.secretary, cast.compound, cast.litter, total):
            WORKFLOW.apply(issue, "take", by=cast.secretary, inputs={"note": "上门"})
        client.get("issues/")
        for words in ("", "事情", "上门"):
            with CaptureQueriesContext(connection) as captured:
                client.get(f"issues/?page_size=200&q={words}")
            counts.append(len(captured))
    without, text, note = counts[:3]
    assert counts[3:] == [without, text, note]
    assert (text, note) == (without, without + 1)
