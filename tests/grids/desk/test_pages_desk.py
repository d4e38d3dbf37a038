"""The desk: queues, filters, paging, saved filters, export."""

import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from python_calamine import CalamineWorkbook

from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.lists.listing import PAGE_SIZE
from suzhou_portal.accounts.models import SavedFilter
from suzhou_portal.audit.models import AuditEntry
from tests import factories as make

URL = "/issues/?queue=all"


def listed(answer):
    return [row["number"] for row in answer.context["rows"]]


def test_a_user_sees_the_issues_of_their_scope_only(cast, sign_in):
    mine = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    other = make.make_issue(cast.sibling, cast.c2, cast.lamp)
    assert listed(sign_in(cast.secretary).get(URL)) == [mine.number]
    assert listed(sign_in(cast.officer).get(URL)) == [other.number, mine.number]
    assert listed(sign_in(cast.other_officer).get(URL)) == []
    assert listed(sign_in(cast.department).get(URL)) == []
    for user in (cast.auditor, cast.security, cast.nobody):
        assert sign_in(user).get(URL).status_code == 403


def test_the_page_names_what_a_row_is_about(cast, sign_in):
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp, "门口路灯不亮")
    page = sign_in(cast.officer).get(URL).content.decode()
    for words in (issue.number, "路灯故障", "第1社区2 1号小区", "门口路灯不亮", "待派办", "正常"):
        assert words in page
    assert f"/issues/{issue.number}/?list=" in page


def test_what_people_wrote_is_escaped(cast, sign_in):
    cast.litter.name = "<i>类</i>"
    cast.litter.save()
    cast.law.short_name = '"><b>队</b>'
    cast.law.save()
    issue = make.make_issue(cast.secretary, cast.compound, cast.litter, "<script>alert(1)</script>")
    WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    page = sign_in(cast.officer).get(URL, {"q": '"><img>', "status": '"><img>'}).content.decode()
    page += sign_in(cast.officer).get(URL, {"organisation": "D01", "list": '"><img>'}).content.decode()
    assert "&lt;script&gt;alert" in page
    for markup in ("<script>alert", "<i>类", "<b>队", "<img>"):
        assert markup not in page


def test_queues_show_their_counts_and_the_todo_queue_begins_with_the_most_urgent(cast, sign_in):
    late = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    soon = make.make_issue(cast.secretary, cast.compound, cast.parking)
    Issue.objects.filter(pk=late.pk).update(due_at=timezone.now() - timedelta(days=1))
    answer = sign_in(cast.secretary).get(URL, {"queue": "todo"})
    counts = {queue.label: queue.count for queue in answer.context["queues"]}
    assert (counts["待我办理"], counts["已派出"], counts["超期"]) == ("2", "0", "1")
    assert listed(answer) == [late.number, soon.number]


def test_paging_by_key_shows_every_issue_once_in_order_and_back(cast, sign_in):
    make.many_issues(cast.secretary, cast.compound, cast.lamp, PAGE_SIZE + 7)
    expected = [issue.number for issue in Issue.objects.order_by("-created_at", "-id")]
    client = sign_in(cast.secretary)
    first = client.get(URL)
    second = client.get(URL, {"after": first.context["older"]})
    assert listed(first) + listed(second) == expected
    assert second.context["older"] == ""
    back = client.get(URL, {"before": second.context["newer"]})
    assert listed(back) == listed(first)
    assert back.context["newer"] == ""
    assert "共 57 件" in first.content.decode()


def test_htmx_gets_the_results_alone_and_a_tidy_address(cast, sign_in):
    make.make_issue(cast.secretary, cast.compound, cast.lamp)
    client = sign_in(cast.secretary)
    answer = client.get(URL, {"q": "", "status": "accepted", "level": ""}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Push-Url"] == "/issues/?queue=all&status=accepted"
    assert "HX-Request" in answer.headers["Vary"]
    assert b"<html" not in answer.content
    restored = client.get(URL, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert b"<html" in restored.content


def test_active_filters_are_words_that_can_be_removed(cast, sign_in):
    make.make_issue(cast.secretary, cast.compound, cast.lamp)
    answer = sign_in(cast.officer).get(URL, {"community": cast.c1.code, "status": ["accepted", "closed"], "q": "路灯"})
    words = {(word["label"], word["value"]): word["query"] for word in answer.context["words"]}
    assert words["社区", cast.c1.name] == "q=%E8%B7%AF%E7%81%AF&queue=all&status=accepted&status=closed"
    assert "status=closed" in words["状态", "待派办"]
    assert "status=accepted" not in words["状态", "待派办"]


@pytest.mark.parametrize(
    "query",
    [
        {"community": "620902001003"},
        {"status": "nonsense"},
        {"from": "x"},
        {"q": "\x00"},
        {"grid": "abc"},
        {"organisation": "U02"},
    ],
)
def test_a_wrong_filter_is_told_and_lists_nothing(cast, sign_in, query):
    make.make_issue(cast.secretary, cast.compound, cast.lamp)
    answer = sign_in(cast.secretary).get(URL, query)
    assert answer.status_code == 400
    assert "筛选条件有误" in answer.content.decode()
    assert listed(answer) == []
    fragment = sign_in(cast.secretary).get(URL, query, headers={"HX-Request": "true"})
    assert fragment.status_code == 200
    assert "筛选条件有误" in fragment.content.decode()


@pytest.mark.parametrize("position", ["x", "1", "1.", "999999999999999999999.1", "-1.2", "1.٣"])
def test_a_made_up_position_is_refused(cast, sign_in, position):
    assert sign_in(cast.secretary).get(URL, {"after": position}).status_code == 400


def test_the_number_of_queries_is_small_and_does_not_grow(cast, sign_in):
    def queries(user):
        client = sign_in(user)
        client.get(URL)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(URL, {"queue": "todo"}).status_code == 200
        return len(captured)

    users = (cast.secretary, cast.officer, cast.district, cast.leader)
    make.many_issues(cast.secretary, cast.compound, cast.lamp, 10)
    few = [queries(user) for user in users]
    make.many_issues(cast.secretary, cast.building, cast.litter, 45)
    assert [queries(user) for user in users] == few
    assert max(few) <= 8


def test_saved_filters_are_the_users_own(cast, sign_in):
    client = sign_in(cast.secretary)
    answer = client.post("/issues/filters/", {"name": "路灯", "query": "q=路灯&after=1.1&junk=1"}, follow=True)
    saved = SavedFilter.objects.get()
    assert (saved.user, saved.name, saved.query) == (cast.secretary, "路灯", "q=%E8%B7%AF%E7%81%AF")
    assert "已存为常用筛选“路灯”" in answer.content.decode()
    again = client.post("/issues/filters/", {"name": "路灯", "query": ""}, follow=True)
    assert "已有同名的常用筛选。" in again.content.decode()
    assert "请给常用筛选起个名称。" in client.post("/issues/filters/", {"name": ""}, follow=True).content.decode()
    delete = f"/issues/filters/{saved.pk}/delete/"
    assert sign_in(cast.sibling).post(delete).status_code == 404
    assert "路灯" not in [row["name"] for row in sign_in(cast.sibling).get(URL).context["saved"]]
    assert client.post(delete).status_code == 302
    assert SavedFilter.objects.count() == 0
    assert list(AuditEntry.objects.filter(object_type="accounts.savedfilter").values_list("action", flat=True)) == [
        "delete",
        "create",
    ]


def test_the_export_holds_the_filtered_rows_and_is_recorded(cast, sign_in):
    make.make_issue(cast.secretary, cast.compound, cast.lamp, "=1+1 路灯")
    make.make_issue(cast.secretary, cast.compound, cast.litter, "垃圾")
    make.make_issue(cast.sibling, cast.c2, cast.lamp, "别处")
    answer = sign_in(cast.secretary).get("/issues/export/", {"category": "01"})
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content)))
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0][:3] == ["编号", "街道", "社区"]
    assert [row[5] for row in rows[1:]] == ["=1+1 路灯"]
    entry = AuditEntry.objects.get(action="export")
    assert (entry.actor, entry.changes["rows"]) == (cast.secretary, 1)
    assert "分类：大类01" in entry.changes["filters"]
    assert sign_in(cast.secretary).get("/issues/export/", {"category": "77"}).status_code == 400
    assert sign_in(cast.nobody).get("/issues/export/").status_code == 403


def test_organisations_are_offered_in_scope(cast, sign_in):
    found = sign_in(cast.secretary).get("/issues/organisations/", {"q": "中学"}).json()["results"]
    assert [row["value"] for row in found] == ["U01"]
    assert sign_in(cast.officer).get("/issues/organisations/", {"q": "cgzf"}).json()["results"][0]["value"] == "D01"
    assert sign_in(cast.nobody).get("/issues/organisations/").status_code == 403


def test_a_bare_address_opens_what_waits_for_the_user(cast, sign_in):
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp)
    answer = sign_in(cast.secretary).get("/issues/")
    assert answer.context["issues"].queue.name == "todo"
    assert listed(answer) == [issue.number]
    assert "1号小区 1号楼" in answer.content.decode()
    assert sign_in(cast.area_leader).get("/issues/").context["issues"].queue.name == "open"
    assert sign_in(cast.secretary).get("/issues/", {"q": "路灯"}).context["issues"].queue.name == "all"
