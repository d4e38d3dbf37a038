"""The auditor's page: who may, what is found, one entry in full, files."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from python_calamine import CalamineWorkbook

from suzhou_portal.accounts.views import audit as page
from suzhou_portal.audit import trail
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.rows import records
from tests import factories as make

pytestmark = pytest.mark.dialect


@pytest.fixture
def auditor(cast, sign_in):
    return sign_in(cast.auditor)


def entry(action="update", obj=None, *, by=None, at=None, source="web", **fields):
    """An entry written now or, with ``at``, on a day gone by."""
    with trail.audit_context(source, fields.pop("request_id", "")), transaction.atomic():
        if at is None:
            return trail.record(action, obj, by=by, **fields)
        made = trail._entry(action, obj, by, fields.get("changes"), fields.get("reason", ""))
        made.pk = (AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
        AuditEntry.objects.bulk_create([made])
        return made


def found(client, **query):
    answer = client.get("/audit/", query)
    assert answer.status_code == 200
    return [row["entry"].reason for row in answer.context["rows"]]


def test_only_the_auditor_reads_the_trail(cast, sign_in, client):
    made = entry(reason="x")
    urls = ("/audit/", f"/audit/{made.pk}/", "/audit/export/csv/", "/audit/export/xlsx/")
    for url in urls:
        assert sign_in(cast.auditor).get(url).status_code == 200
        for user in (cast.district, cast.officer, cast.secretary, cast.security, cast.system, cast.nobody):
            assert sign_in(user).get(url).status_code == 403, (url, user)
        assert client.get(url).status_code == 302


def test_filters_narrow_to_what_is_asked(cast, auditor):
    entry("create", cast.c1, by=cast.officer, reason="一", source="api", request_id="a" * 32)
    entry("update", cast.c2, by=cast.secretary, reason="二")
    entry("sign_in", cast.secretary, by=cast.secretary, reason="三")
    assert found(auditor) == ["三", "二", "一"]
    assert found(auditor, actor="street.1") == ["一"]
    assert found(auditor, actor="用户community.1") == ["三", "二"]
    assert found(auditor, actor="no.such") == []
    assert found(auditor, action="update") == ["二"]
    assert found(auditor, type="communities.community") == ["二", "一"]
    assert found(auditor, type="communities.community", object=str(cast.c1.pk)) == ["一"]
    assert found(auditor, object=cast.c2.name) == ["二"]
    assert found(auditor, source="api") == ["一"]
    assert found(auditor, request_id="A" * 32) == ["一"]
    assert found(auditor, q="二") == ["二"]
    assert found(auditor, actor="community.1", action="sign_in") == ["三"]


def test_days_are_local_and_both_included(cast, auditor):
    made = entry(reason="今天")
    today = timezone.localtime(made.at).date()
    for days, hit in ((0, ["今天"]), (-1, []), (1, [])):
        day = (today + timedelta(days=days)).isoformat()
        assert found(auditor, **{"from": day, "to": day}) == hit
    assert found(auditor, **{"from": today.isoformat()}) == ["今天"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"from": "gestern"}, "2026-11-22"),
        ({"from": "9999-12-31"}, "日期太晚"),
        ({"to": "0001-01-01"}, "日期太早"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "结束日期不能早于开始日期"),
        ({"action": "hack"}, "有效的选项"),
        ({"type": "x" * 200}, "有效的选项"),
        ({"actor": "x" * 500}, "40"),
        ({"q": "nul\0"}, "空字符"),
        ({"object": "\0"}, "空字符"),
    ],
)
def test_bad_filters_say_so_and_find_nothing(cast, auditor, query, message):
    entry(reason="x")
    answer = auditor.get("/audit/", query)
    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert answer.context["rows"] == []
    assert auditor.get("/audit/export/csv/", query).status_code == 400


@pytest.mark.parametrize("before", ["x", "", "\0", "eyJ:abc", "9" * 400])
def test_a_bad_position_shows_the_newest(cast, auditor, before):
    entry(reason="x")
    assert found(auditor, before=before) == ["x"]


@pytest.mark.parametrize("url", ["/audit/999999/", f"/audit/{10**30}/", "/audit/export/pdf/"])
def test_what_is_not_there_is_not_found(auditor, url):
    assert auditor.get(url).status_code == 404


def test_pages_follow_each_other_without_gap_or_repeat(cast, auditor, monkeypatch):
    monkeypatch.setattr(page, "PAGE_SIZE", 4)
    for number in range(10):
        entry(reason=str(number))
    seen, before = [], ""
    while True:
        answer = auditor.get("/audit/", {"before": before} if before else {})
        seen += [row["entry"].reason for row in answer.context["rows"]]
        entry(reason="later")  # new entries do not shift the pages behind
        before = answer.context["older"]
        if not before:
            break
    assert [reason for reason in seen if reason != "later"] == [str(number) for number in reversed(range(10))]


@pytest.mark.parametrize("query", [{}, {"type": "communities.community", "actor": "street.1", "q": "普查"}])
def test_queries_are_the_same_with_10_and_100_rows(cast, auditor, query, django_assert_max_num_queries):
    counts = []
    for total in (10, 90):
        for number in range(total):
            entry("update", cast.c1, by=cast.officer, changes={"population": [number, 5]}, reason="普查")
        with django_assert_max_num_queries(8) as captured:
            auditor.get("/audit/", query)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_count_is_capped(cast, auditor, monkeypatch):
    monkeypatch.setattr(page, "COUNTED", 3)
    for _ in range(5):
        entry()
    assert "共 3+ 条" in auditor.get("/audit/").content.decode()


def test_an_entry_tells_before_and_after_in_chinese(cast, auditor):
    records.update(cast.c1, {"population": 6000, "managing_is_assumed": True}, by=cast.officer, reason="普查")
    made = AuditEntry.objects.get()
    text = auditor.get(f"/audit/{made.pk}/").content.decode()
    for words in ("修改", "人口", "5000", "6000", "管理街道待核实", "否", "是", "普查", "street.1", made.request_id):
        assert words in text


def test_rows_and_choices_are_shown_by_name(cast, auditor):
    post = make.give_post(cast.nobody, "community_secretary", cast.c1)
    records.update(post, {"community": cast.c2}, by=cast.security)
    text = auditor.get(f"/audit/{AuditEntry.objects.get().pk}/").content.decode()
    assert cast.c1.name in text
    assert cast.c2.name in text


def test_old_changes_with_a_search_word_need_a_first_day(cast, auditor):
    made = entry(reason="去年的事")
    answer = auditor.get("/audit/", {"q": "去年"})
    assert "只查" in answer.content.decode()
    assert [row["entry"].pk for row in answer.context["rows"]] == [made.pk]
    assert "只查" not in auditor.get("/audit/", {"q": "去年", "from": "2020-01-01"}).content.decode()


# --- Files --------------------------------------------------------------------------------------


def test_the_file_holds_the_filtered_entries_and_is_audited(cast, auditor):
    records.update(cast.c1, {"population": 6000}, by=cast.officer, reason="普查")
    entry("sign_in", cast.secretary, by=cast.secretary)
    answer = auditor.get("/audit/export/xlsx/", {"actor": "street.1"})
    assert answer["Content-Disposition"] == 'attachment; filename="audit.xlsx"'
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert rows[0][:4] == ["时间", "操作人", "账号", "动作"]
    assert len(rows) == 2
    assert rows[1][1:5] == ["用户street.1", "street.1", "修改", "社区"]
    assert rows[1][7] == "人口：5000 → 6000"
    taken = AuditEntry.objects.get(action="export")
    assert taken.actor == cast.auditor
    assert (taken.changes["rows"], taken.changes["filters"]) == (1, {"actor": "street.1"})
    assert "street.1" in auditor.get(f"/audit/{taken.pk}/").content.decode()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://evil")'])
def test_no_cell_becomes_a_formula(cast, auditor, text):
    entry(reason=text)
    lines = list(csv.reader(io.StringIO(auditor.get("/audit/export/csv/").content.decode("utf-8-sig"))))
    assert lines[1][8] == f"'{text}"
    book = CalamineWorkbook.from_filelike(io.BytesIO(auditor.get("/audit/export/xlsx/", {"to": "2099-01-01"}).content))
    cells = [row[8] for row in book.get_sheet_by_index(0).to_python()]
    assert text in cells  # a formula would have no stored text


def test_the_file_is_bounded(cast, auditor, monkeypatch):
    monkeypatch.setattr(page, "LIMIT", 3)
    for number in range(5):
        entry(reason=str(number))
    lines = auditor.get("/audit/export/csv/").content.decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert ",4," in lines[1]  # the newest are kept


def test_the_page_says_why_the_demo_districts_issues_have_no_entries(cast, sign_in, settings):
    trail.record("demo.load", None, by=None, changes={"rows": {"网格事件": 800}, "scale": 1, "seed": 7})
    entry = AuditEntry.objects.latest("id")
    settings.DEMO = True
    page = sign_in(cast.auditor).get("/audit/").content.decode()
    assert "演示数据于" in page
    assert f"/audit/{entry.pk}/" in page
    assert "随机种子" in sign_in(cast.auditor).get(f"/audit/{entry.pk}/").content.decode()
    settings.DEMO = False
    assert "演示数据于" not in sign_in(cast.auditor).get("/audit/").content.decode()


def test_who_changed_this_from_where_in_two_steps(cast, auditor):
    phone = "Mozilla/5.0 (Linux; Android 13; V2241A) AppleWebKit/537.36 Chrome/129.0.0.0 Mobile Safari/537.36"
    given = {"username": "community.1", "password": make.PASSWORD}
    Client(REMOTE_ADDR="10.1.2.3").post("/login/", given, headers={"user-agent": phone})
    page = auditor.get("/audit/", {"object": "Community.1"}).content.decode()
    assert "10.1.2.3" in page
    entry = AuditEntry.objects.get(action="sign_in", address="10.1.2.3")
    told = auditor.get(f"/audit/{entry.pk}/").content.decode()
    assert "Chrome Mobile 129，Android 13" in told
    assert "10.1.2.3" in told
    assert "10.1.2.3" in auditor.get("/audit/", {"address": "10.1.2.3"}).content.decode()
    assert "10.1.2.3</span>" not in auditor.get("/audit/", {"address": "10.9.9.9"}).content.decode()
