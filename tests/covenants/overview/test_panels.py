"""Co-building on the pages of units, communities and streets: in one look, in scope, nothing that is sealed."""

import re

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test.utils import CaptureQueriesContext

from covenants.agreements.workflow import WORKFLOW
from covenants.evaluation.models import Evaluation, Rubric, RubricItem
from streets.organisations.models import Organisation
from suzhou_portal.lib.registers.panels import panel, panels_of
from tests import factories as make
from tests.covenants import made


def evaluated(cast, sides=("liaison", "secretary")):
    for side in ("place", "unit"):
        rubric = Rubric.objects.create(side=side, name="标准", starts=made.day(-100))
        RubricItem.objects.create(rubric=rubric, index=0, title="履约", points=100)
    covenant = made.signed(cast, made.some_terms(made.task(quantity="1"), made.funds(amount="12345.00")))
    for row in covenant.commitments.all():
        made.deliver(cast, row, **({"amount": "12345.00"} if row.kind == "funds" else {"quantity": 1}))
    covenant = WORKFLOW.apply(covenant, "begin_evaluation", by=cast.secretary)
    for name in sides:
        scores = {"scores": [97], "comment": "密语"}
        covenant = WORKFLOW.apply(covenant, "evaluate", by=getattr(cast, name), inputs=scores)
    return covenant


def page_of(sign_in, user, address):
    answer = sign_in(user).get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_units_page_tells_it_all_in_one_look(cast, sign_in):
    made.offer(cast, kind="venue", title="报告厅", quantity=120, unit="人")
    evaluated(cast)
    page = page_of(sign_in, cast.secretary, f"/streets/organisations/{cast.unit_org.code}/")
    for words in (
        "报告厅（120 人）",
        "签约 1 份",
        "实事 1 件，资金 1 笔 1.23 万元，到位 1.23 万元",
        ">2/2</a>；没有超期",
        '&amp;side=place">1 次</a>，平均 97.0 分',
        "修路灯</a>：已办",
    ):
        assert words in page, words


def test_a_communitys_and_a_streets_page_tell_the_same_from_their_side(cast, sign_in):
    made.need(cast)
    evaluated(cast)
    for address in (f"/communities/communities/{cast.c1.code}/", f"/streets/streets/{cast.s1.code}/"):
        page = page_of(sign_in, cast.officer, address)
        assert "待认领 1 项" in page
        assert "签约单位 1 个" in page
        assert "资金 1 笔 1.23 万元" in page
    sibling = page_of(sign_in, cast.officer, f"/communities/communities/{cast.c2.code}/")
    assert "签约单位 0 个" in sibling


def test_the_look_reaches_as_far_as_the_readers_scope(cast, sign_in):
    """The unit stands in the directory of the whole street; what it agreed with a neighbour does not."""
    evaluated(cast)
    address = f"/streets/organisations/{cast.unit_org.code}/"
    page = page_of(sign_in, cast.sibling, address)
    assert "0 份" in page or "没有共建记录" in page
    assert "1.23" not in page
    assert "修路灯" not in page
    assert "签约 1 份" in page_of(sign_in, cast.district, address)


def test_what_is_sealed_is_in_no_look(cast, sign_in):
    evaluated(cast, sides=("liaison",))
    assert Evaluation.objects.filter(is_sealed=True).exists()
    for user in (cast.secretary, cast.liaison, cast.district, cast.officer):
        page = page_of(sign_in, user, f"/streets/organisations/{cast.unit_org.code}/")
        shown = re.sub(r"<[^>]*>", " ", page)  # attributes hold random marks
        assert not re.search(r"(?<!\d)97(?!\d)", shown)  # a number of its own, not a piece of a code or a year
        assert "密语" not in page
        assert "还没有公开的评约结果" in page


def test_the_look_costs_the_same_whatever_the_rows(cast, sign_in):
    client = sign_in(cast.secretary)
    addresses = [f"/streets/organisations/{cast.unit_org.code}/", f"/communities/communities/{cast.c1.code}/"]

    def queries():
        found = []
        for address in addresses:
            with CaptureQueriesContext(connection) as sent:
                assert client.get(address).status_code == 200
            found.append(len(sent))
        return found

    def grow(count):
        for _ in range(count):
            covenant = made.signed(cast, made.some_terms(made.task(quantity="1")))
            made.deliver(cast, covenant.commitments.get(), quantity=1)
            made.need(cast)
            made.offer(cast, kind="venue", title="报告厅", community=cast.c1)

    grow(6)
    queries()
    few = queries()
    grow(6)
    assert queries() == few


def test_a_panel_is_declared_once(cast):
    with pytest.raises(ImproperlyConfigured):
        panel("streets.Organisation", "covenants", title="x", template="x")(lambda obj, user: None)
    other = make.make_organisation("S01", "书画社", is_social=True)
    (shown,) = panels_of(Organisation.objects.get(pk=other.pk), cast.district)
    assert not shown.context["is_unit"]


def test_a_units_page_says_who_signs_in_for_it(cast, sign_in):
    page = f"/streets/organisations/{cast.unit_org.code}/"
    assert cast.liaison.name in page_of(sign_in, cast.secretary, page)
    post = cast.liaison.assignments.get()
    post.ends = made.day(-1)
    post.save()
    assert "还没有登录账号" in page_of(sign_in, cast.secretary, page)
