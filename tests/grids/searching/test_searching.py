"""What a search of issues finds: in text, number, place and notes, in scope, on both databases."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grids.changes import services as grid_changes
from grids.issues.models import Issue, IssueEvent
from grids.issues.services import Report, report_issue
from grids.issues.workflow import WORKFLOW
from grids.lists.filters import IssueFilter
from grids.reporters.models import Contact
from grids.searching.models import IssueText
from grids.searching.services import number_ends, reindex
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.text.search import fold
from tests import factories as make

pytestmark = pytest.mark.dialect
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def search(rf):
    """``search(user, q, **filters)`` → descriptions of what is found, the newest first."""

    def found(user, q, **filters):
        query = QueryDict(mutable=True)
        query.update({"q": q, **filters})
        request = rf.get("/")
        request.user = user
        rows = IssueFilter(query, Issue.objects.visible_to(user, Verb.ISSUES_VIEW), request=request)
        assert rows.is_valid(), rows.errors
        return list(rows.qs.order_by("-created_at", "-id").values_list("description", flat=True))

    return found


def test_two_characters_one_character_and_longer_words(cast, search):
    for text in ("门口路灯不亮", "路灯，不亮", "灯具脱落", "水管漏水"):
        make.make_issue(cast.secretary, cast.g1, cast.litter, text)
    assert search(cast.secretary, "路灯") == ["路灯，不亮", "门口路灯不亮"]
    assert search(cast.secretary, "灯") == ["灯具脱落", "路灯，不亮", "门口路灯不亮"]
    assert search(cast.secretary, "落") == ["灯具脱落"]
    assert search(cast.secretary, "路灯不亮") == ["门口路灯不亮"]
    assert search(cast.secretary, "灯不亮") == ["门口路灯不亮"]
    assert search(cast.secretary, "井盖") == []
    assert search(cast.secretary, "盖") == []


def test_all_words_must_stand_in_the_same_issue_wherever(cast, search):
    make.make_issue(cast.secretary, cast.g1, cast.litter, "门口路灯不亮", address="北门")
    make.make_issue(cast.secretary, cast.g1, cast.litter, "路灯歪斜", address="南门")
    assert search(cast.secretary, "路灯 北门") == ["门口路灯不亮"]
    assert search(cast.secretary, "北门、路灯") == ["门口路灯不亮"]
    assert search(cast.secretary, "路灯 东门") == []


def test_width_and_case_do_not_matter(cast, search):
    make.make_issue(cast.secretary, cast.g1, cast.litter, "ＬＥＤ灯坏了３盏，WiFi断了")
    for words in ("led灯", "LED", "ＷＩＦＩ", "wifi", "3盏", "３盏"):
        assert search(cast.secretary, words) == ["ＬＥＤ灯坏了３盏，WiFi断了"]
    assert search(cast.secretary, "wi") == []  # latin words are found whole


def test_blanks_and_punctuation_between_chinese_and_digits_do_not_matter(cast, search):
    for text in ("3号楼 2单元漏水", "3 号楼，2单元漏水", "13号楼2单元漏水"):
        make.make_issue(cast.secretary, cast.c1, cast.litter, text)
    for words in ("3号楼2单元", "3 号楼2 单元", "3号楼-2单元"):
        assert set(search(cast.secretary, words)) >= {"3号楼 2单元漏水", "3 号楼，2单元漏水"}, words
    assert "13号楼2单元漏水" not in search(cast.secretary, "3号楼2单元")


def test_numbers_whole_begun_and_by_their_last_digits(cast, search):
    first = make.make_issue(cast.secretary, cast.g1, cast.litter, "甲")
    Issue.objects.filter(pk=first.pk).update(number="SZ-2026-000123")
    other = make.make_issue(cast.secretary, cast.g1, cast.litter, "乙")
    Issue.objects.filter(pk=other.pk).update(number="SZ-2026-001234")
    reindex([first.pk, other.pk])
    for words in ("SZ-2026-000123", "sz-2026-000123", "ＳＺ-2026-000123", "000123", "123", "0123", "2026-000123"):
        assert search(cast.secretary, words) == ["甲"], words
    assert search(cast.secretary, "SZ-2026-0012") == ["乙"]
    assert search(cast.secretary, "SZ-2026-00") == ["乙", "甲"]
    assert number_ends("SZ-2026-000123-2") == ["00123", "0123", "123"]


def test_places_are_found_as_people_write_them(cast, search):
    make.make_issue(cast.secretary, cast.building, cast.litter, "甲")
    make.make_issue(cast.secretary, cast.c1, cast.litter, "乙")
    building = f"{cast.compound.name}{cast.building.name}"
    assert search(cast.secretary, building) == ["甲"]
    assert search(cast.secretary, f"{cast.c1.name}{building}") == ["甲"]
    assert search(cast.officer, cast.c1.name) == ["乙", "甲"]
    assert search(cast.secretary, "垃圾堆积") == ["乙", "甲"]  # the category


def test_a_note_is_found_as_soon_as_it_is_written(cast, search):
    issue = make.make_issue(cast.secretary, cast.g1, cast.litter, "楼道堆物")
    issue = WORKFLOW.apply(issue, "take", by=cast.secretary, inputs={"note": "联系了物业"})
    WORKFLOW.apply(issue, "answer", by=cast.secretary, inputs={"note": "纸箱已清走"})
    assert search(cast.secretary, "物业") == ["楼道堆物"]
    assert search(cast.secretary, "楼道 纸箱") == ["楼道堆物"]
    assert search(cast.secretary, "业纸") == []
    before = IssueText.objects.get(issue=issue).body
    reindex([issue.pk])
    assert IssueText.objects.get(issue=issue).body == before


def test_the_call_to_an_organisation_is_found_in_its_part(cast, search):
    issue = make.make_issue(cast.secretary, cast.c1, cast.litter, "楼道堆物")
    inputs = {"organisations": [cast.law.pk, cast.water.pk], "note": "请携带铲车"}
    WORKFLOW.apply(issue, "whistle", by=cast.officer, inputs=inputs)
    assert search(cast.department, "铲车") == ["楼道堆物"]


def test_a_step_costs_one_statement_more_with_a_note_and_none_without(cast):
    def statements(note):
        issue = make.make_issue(cast.secretary, cast.g1, cast.litter)
        with CaptureQueriesContext(connection) as captured:
            WORKFLOW.apply(issue, "take", by=cast.secretary, inputs={"note": note})
        return len(captured)

    statements("")
    assert statements("上门处理") == statements("") + 1


def test_each_sees_their_own_scope_only(cast, search):
    make.make_issue(cast.secretary, cast.building, cast.litter, "甲处漏水")
    make.make_issue(cast.sibling, cast.c2, cast.litter, "乙处漏水")
    sent = make.make_issue(cast.sibling, cast.sibling_compound, cast.litter, "丙处漏水")
    WORKFLOW.apply(sent, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    seen = {
        "district": ["丙处漏水", "乙处漏水", "甲处漏水"],
        "officer": ["丙处漏水", "乙处漏水", "甲处漏水"],
        "other_officer": [],
        "secretary": ["甲处漏水"],
        "sibling": ["丙处漏水", "乙处漏水"],
        "leader": ["甲处漏水"],
        "area_leader": ["甲处漏水"],
        "sibling_leader": ["丙处漏水"],
        "department": ["丙处漏水"],
        "liaison": [],
    }
    for name, expected in seen.items():
        assert search(getattr(cast, name), "漏水") == expected, name


def test_somebody_with_two_posts_finds_what_either_shows(cast, search):
    make.make_issue(cast.secretary, cast.c1, cast.litter, "甲处漏水")
    sent = make.make_issue(cast.sibling, cast.c2, cast.litter, "乙处漏水")
    WORKFLOW.apply(sent, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    make.give_post(cast.secretary, "department_officer", cast.law)
    assert search(cast.secretary, "漏水") == ["乙处漏水", "甲处漏水"]


def test_the_other_filters_narrow_a_search(cast, search):
    make.make_issue(cast.secretary, cast.c1, cast.litter, "甲处漏水")
    old = make.make_issue(cast.sibling, cast.c2, cast.lamp, "乙处漏水")
    Issue.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=400))
    assert search(cast.officer, "漏水") == ["甲处漏水"]  # of the last twelve months
    assert search(cast.officer, "漏水", **{"from": "2000-01-01"}) == ["甲处漏水", "乙处漏水"]
    assert search(cast.officer, "漏水", community=cast.c2.code, **{"from": "2000-01-01"}) == ["乙处漏水"]
    assert search(cast.officer, "漏水", street=cast.s1.code) == ["甲处漏水"]
    assert search(cast.district, "漏水", street=cast.s2.code) == []
    assert search(cast.officer, "漏水", category="02") == ["甲处漏水"]


def test_an_issue_that_moves_is_found_at_its_new_place(cast, search):
    make.make_issue(cast.secretary, cast.g1, cast.litter, "漏水")
    grid_changes.transfer(cast.g1, community=cast.c2, reason="调整", by=cast.officer)
    assert search(cast.sibling, "漏水") == ["漏水"]
    assert search(cast.officer, "漏水", community=cast.c2.code) == ["漏水"]
    assert search(cast.officer, cast.c2.name) == ["漏水"]
    assert search(cast.officer, cast.c1.name) == []
    assert search(cast.officer, f"由{cast.g1.name}") == []
    assert search(cast.officer, f"由 {cast.g1.name} 转到") == ["漏水"]  # the note of the move


def test_a_corrected_issue_is_found_by_what_is_right(cast, search):
    issue = make.make_issue(cast.secretary, cast.g1, cast.litter, "漏水", address="北门")
    inputs = {"category": cast.lamp.pk, "address": "南门", "note": "填错了"}
    WORKFLOW.apply(issue, "correct", by=cast.secretary, inputs=inputs)
    assert search(cast.secretary, "路灯故障") == ["漏水"]
    assert search(cast.secretary, "填错") == ["漏水"]


def test_the_reporters_contact_is_never_found(cast, search):
    contact = Contact("欧阳修文", "13812345678")
    report_issue(Report(cast.g1, cast.litter, "漏水", contact=contact), by=cast.secretary)
    for words in ("欧阳", "修文", "13812345678", "5678"):
        assert search(cast.secretary, words) == []


def test_the_command_makes_the_index_anew(cast, search, capsys):
    issue = make.make_issue(cast.secretary, cast.g1, cast.litter, "漏水")
    WORKFLOW.apply(issue, "take", by=cast.secretary, inputs={"note": "上门"})
    IssueText.objects.all().delete()
    assert search(cast.secretary, "漏水") == []
    call_command("reindex_search", missing=True)
    assert "已建立 1 件" in capsys.readouterr().out
    assert search(cast.secretary, "漏水 上门") == ["漏水"]
    call_command("reindex_search", missing=True)
    assert capsys.readouterr().out == ""
    Issue.objects.filter(pk=issue.pk).update(description="停电")
    call_command("reindex_search")
    assert (search(cast.secretary, "漏水"), search(cast.secretary, "停电")) == ([], ["停电"])


def test_an_update_fills_an_empty_index_by_itself(cast, search):
    make.make_issue(cast.secretary, cast.g1, cast.litter, "漏水")
    IssueText.objects.all().delete()
    call_command("load_reference")
    assert search(cast.secretary, "漏水") == ["漏水"]


def test_a_note_indexes_an_issue_that_had_no_text_yet(cast, search):
    issue = make.make_issue(cast.secretary, cast.g1, cast.litter, "漏水")
    IssueText.objects.all().delete()
    WORKFLOW.apply(issue, "take", by=cast.secretary, inputs={"note": "上门"})
    assert search(cast.secretary, "漏水 上门") == ["漏水"]


TEXTS = st.lists(st.text(alphabet="灯路水管漏不亮 ，\naA1１Ａ", max_size=20), min_size=1, max_size=4)


@FEW
@given(texts=TEXTS, notes=TEXTS, query=st.text(alphabet="灯路水管漏不亮", min_size=1, max_size=3))
def test_a_chinese_search_finds_exactly_the_texts_that_hold_it(cast, search, texts, notes, query):
    class Undo(Exception):
        pass

    try:
        with transaction.atomic():
            issues = [make.make_issue(cast.secretary, cast.c1, cast.parking, f"{n}") for n in range(len(texts))]
            expected = set()
            for number, (issue, text) in enumerate(zip(issues, texts, strict=True)):
                note = notes[number % len(notes)]
                Issue.objects.filter(pk=issue.pk).update(description=f"{number} {text}")
                IssueEvent.objects.create(
                    issue=issue, action="take", to_status=issue.status, to_level=issue.level, note=note
                )
                if query in fold(text) or query in fold(note):
                    expected.add(f"{number} {text}")
            reindex([issue.pk for issue in issues])
            assert set(search(cast.secretary, query)) == expected
            raise Undo
    except Undo:
        pass
