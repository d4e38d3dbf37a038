"""The hub of an area: what waits, what may be begun, where everything stands."""

import re

from django.db import connection
from django.test.utils import CaptureQueriesContext

from grids.issues.workflow import WORKFLOW
from tests import factories as make


def words(page):
    return re.sub(r"<[^>]+>|\\s+", " ", page.content.decode())


def test_it_tells_what_waits_there_and_each_line_opens_its_rows(cast, sign_in):
    issue = make.make_issue(cast.secretary, cast.c1, cast.lamp)
    WORKFLOW.apply(issue, "supervise", by=cast.officer, inputs={"note": "催"})
    page = sign_in(cast.secretary).get("/areas/governance/")
    assert {line.text: (line.count, line.url) for line in page.context["lines"]} == {
        "待我办理": ("1", "/issues/?queue=todo"),
        "待回复的督办单": ("1", "/grids/supervisions/?waiting=reply"),
    }
    assert page.context["lines"][0].url in page.content.decode()
    assert "这里现在没有等您办理的" in words(sign_in(cast.sibling).get("/areas/governance/"))
    # What waits elsewhere stands on the hub of its own area.
    assert not sign_in(cast.secretary).get("/areas/teams/").context["lines"]


def test_it_offers_what_the_reader_may_begin(cast, sign_in):
    def jobs(user):
        return [job.label for job in sign_in(user).get("/areas/governance/").context["jobs"]]

    assert {"上报事件", "登记纠纷"} <= set(jobs(cast.secretary))
    assert "上报事件" not in jobs(cast.department)


def test_the_index_counts_rows_in_scope_with_one_statement(cast, sign_in):
    for _ in range(3):
        make.make_issue(cast.secretary, cast.c1, cast.lamp)

    def counted(user):
        index = sign_in(user).get("/areas/governance/").context["index"]
        return {page.link.label: page.count for page in index}

    assert counted(cast.secretary)["网格事件"] == "3"
    assert counted(cast.other_officer)["网格事件"] == "0"
    page = sign_in(cast.officer).get("/areas/governance/")
    (issues,) = [one for one in page.context["index"] if one.link.label == "网格事件"]
    listed = sign_in(cast.officer).get(issues.link.url)
    assert (issues.count, listed.context["total"]) == ("3", "3")
    client = sign_in(cast.officer)
    client.get("/areas/governance/")
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get("/areas/governance/")
    for _ in range(10):
        make.make_issue(cast.secretary, cast.c1, cast.lamp)
    with CaptureQueriesContext(connection) as many:
        client.get("/areas/governance/")
    assert len(many) == len(few) <= 12


def test_an_area_without_a_page_for_the_reader_does_not_exist(cast, sign_in):
    assert sign_in(cast.auditor).get("/areas/governance/").status_code == 404
    assert sign_in(cast.officer).get("/areas/no-such/").status_code == 404


def test_a_level_of_places_above_the_reader_is_no_page_of_theirs(cast, sign_in):
    def pages(user):
        return [page.link.label for page in sign_in(user).get("/areas/streets/").context["index"]]

    assert "街道" not in pages(cast.secretary)
    assert "街道" in pages(cast.officer)


def test_an_empty_register_names_what_fills_it(cast, sign_in):
    page = sign_in(cast.secretary).get("/grids/roster-imports/").content.decode()
    assert "从 Excel 更新名册" in page
    assert "开始商谈" in sign_in(cast.secretary).get("/covenants/covenants/").content.decode()
