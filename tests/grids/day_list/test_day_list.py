"""The printed list of the desk: the same rows, with their sum, on record, and no more than paper bears."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from grids.day_list import views as day_list
from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from suzhou_portal.audit.models import AuditEntry
from tests import factories as make

pytestmark = pytest.mark.dialect
URL = "/issues/print/"


def numbers(answer):
    return re.findall(r'<td class="c-number">([^<]+)</td>', answer.content.decode())


def plain(answer):
    return " ".join(answer.content.decode().split())


@pytest.fixture
def issues(cast):
    """Three of today: one dispatched, one closed, one new."""
    first, second, third = make.many_issues(cast.secretary, cast.building, cast.lamp, 3)
    Issue.objects.update(created_at=timezone.now())
    WORKFLOW.apply(first, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    second = WORKFLOW.apply(second, "take", by=cast.secretary, inputs={})
    second = WORKFLOW.apply(second, "answer", by=cast.secretary, inputs={"note": "好了"})
    WORKFLOW.apply(second, "close", by=cast.secretary, inputs={})
    return first, second, third


def test_a_bare_address_prints_what_was_reported_today(cast, sign_in, issues):
    Issue.objects.filter(pk=issues[2].pk).update(created_at=timezone.now() - timezone.timedelta(days=2))
    answer = sign_in(cast.secretary).get(URL)
    assert set(numbers(answer)) == {issues[0].number, issues[1].number}
    today = timezone.localdate()
    text = plain(answer)
    assert f"{today.year}年{today.month}月{today.day}日网格事件清单" in text
    assert f"{cast.s1.name} {cast.c1.name}" in text


def test_the_list_has_its_sum_by_status(cast, sign_in, issues):
    text = plain(sign_in(cast.secretary).get(URL))
    assert "3 件（待派办 1，待处理 1，已办结 1），其中超期 0 件" in text
    assert cast.law.name in text


def test_the_filter_of_the_desk_decides_and_is_named(cast, sign_in, issues):
    client = sign_in(cast.officer)
    answer = client.get(URL, {"queue": "open", "community": cast.c1.code})
    assert set(numbers(answer)) == {issues[0].number, issues[2].number}
    assert f"社区：{cast.c1}" in plain(answer)
    desk = client.get("/issues/", {"queue": "open", "community": cast.c1.code}).content.decode()
    assert f'href="{URL}?queue=open&amp;community={cast.c1.code}"' in desk.replace(
        f"community={cast.c1.code}&amp;queue=open", f"queue=open&amp;community={cast.c1.code}"
    )


def test_the_list_keeps_to_the_scope(cast, sign_in, issues):
    assert numbers(sign_in(cast.sibling).get(URL)) == []
    assert "没有符合条件的事件" in plain(sign_in(cast.sibling).get(URL))
    assert numbers(sign_in(cast.department).get(URL)) == [issues[0].number]
    assert cast.law.name in plain(sign_in(cast.department).get(URL))
    assert sign_in(cast.auditor).get(URL).status_code == 403
    assert sign_in(cast.sibling).get(URL, {"community": cast.c1.code}).status_code == 400


def test_the_printed_list_is_on_record(cast, sign_in, issues):
    sign_in(cast.secretary).get(URL, {"queue": "open"})
    entry = AuditEntry.objects.get(action="export")
    assert entry.actor == cast.secretary
    assert entry.changes == {"register": "网格事件清单", "rows": 2, "filters": "在办", "format": "打印页"}


def test_too_long_a_list_is_refused_with_the_way_out(cast, sign_in, issues, monkeypatch):
    monkeypatch.setattr(day_list, "MOST_ROWS", 2)
    answer = sign_in(cast.secretary).get(URL, {"queue": "all"})
    assert answer.status_code == 400
    assert "超过 2 件，不便打印" in plain(answer)
    assert "/issues/export/?queue=all" in plain(answer)
    assert not AuditEntry.objects.filter(action="export").exists()


def test_a_wrong_filter_is_named(cast, sign_in):
    answer = sign_in(cast.secretary).get(URL, {"from": "昨天"})
    assert answer.status_code == 400
    assert "请按 2026-11-22 的样子填写日期" in plain(answer)


def test_texts_are_escaped_and_long_ones_cut(cast, sign_in):
    make.make_issue(cast.secretary, cast.building, cast.lamp, "<script>" + "长" * 300)
    text = plain(sign_in(cast.secretary).get(URL))
    assert "&lt;script&gt;" + "长" * 92 + "…" in text


def test_the_list_costs_the_same_at_any_length(cast, sign_in):
    client = sign_in(cast.secretary)
    counts = []
    for count in (1, 30):
        make.many_issues(cast.secretary, cast.building, cast.lamp, count)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(URL, {"queue": "all"}).status_code == 200
        counts.append(len(queries))
    assert counts[1] <= counts[0]
