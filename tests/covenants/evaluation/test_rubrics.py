"""评约标准 are the district's own: a default to begin with, changed without touching what was scored."""

import pytest

from covenants.agreements.models import Side
from covenants.agreements.workflow import WORKFLOW
from covenants.evaluation.models import Rubric, RubricItem
from covenants.evaluation.reference import load_rubrics
from covenants.evaluation.sealing import current_rubric
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.rows.reference import load_reference
from tests.covenants import made
from tests.covenants.page.test_pages import text_of


@pytest.fixture
def district(cast, sign_in):
    return sign_in(cast.district)


def test_reference_brings_one_for_each_side_once(db):
    assert load_reference()["评约标准"] == 2
    assert load_reference()["评约标准"] == 0
    for side in Side:
        assert sum(item.points for item in current_rubric(side).items.all()) == 100
    assert (
        AuditEntry.objects.filter(object_type="covenants.rubricitem", actor=None).count() == RubricItem.objects.count()
    )


def test_the_list_says_that_it_is_a_default(cast, district):
    load_rubrics()
    assert "平台默认，可修改" in text_of(district.get("/covenants/rubrics/"))


def test_the_district_makes_its_own(cast, district):
    load_rubrics()
    district.post("/covenants/rubrics/new/", {"side": "place", "name": "2027 年标准", "starts": str(made.day(0))})
    rubric = Rubric.objects.get(name="2027 年标准")
    assert not rubric.is_active
    items = {"rubric": rubric.pk, "meaning": ""}
    district.post("/covenants/rubric-items/new/", {**items, "index": "1", "title": "办成事", "points": "60"})
    on = {"name": rubric.name, "starts": str(rubric.starts), "is_active": "on", "version": rubric.version}
    refused = district.post(f"/covenants/rubrics/{rubric.pk}/edit/", on)
    assert "评分项合计须为 100 分" in text_of(refused)
    district.post("/covenants/rubric-items/new/", {**items, "index": "2", "title": "群众满意", "points": "40"})
    assert district.post(f"/covenants/rubrics/{rubric.pk}/edit/", on).status_code == 302
    assert current_rubric(Side.PLACE) == rubric


def test_what_is_in_force_or_was_used_is_not_changed(cast, district, sign_in):
    load_rubrics()
    covenant = made.signed(cast, made.some_terms(made.task(quantity="1")))
    made.deliver(cast, covenant.commitments.get(), quantity=1)
    covenant = WORKFLOW.apply(covenant, "begin_evaluation", by=cast.secretary)
    WORKFLOW.apply(covenant, "evaluate", by=cast.liaison, inputs={"scores": [30, 30, 20, 20]})
    rubric = current_rubric(Side.UNIT)
    item = rubric.items.first()
    data = {"index": "1", "title": "改了", "points": "30", "meaning": "", "version": item.version}
    assert "请先停用" in text_of(district.post(f"/covenants/rubric-items/{item.pk}/edit/", data))
    Rubric.objects.filter(pk=rubric.pk).update(is_active=False)
    assert "已用于评约" in text_of(district.post(f"/covenants/rubric-items/{item.pk}/edit/", data))
    assert RubricItem.objects.get(pk=item.pk).title != "改了"


@pytest.mark.parametrize("who", ["secretary", "liaison", "officer"])
def test_nobody_else_edits_them(cast, sign_in, who):
    load_rubrics()
    client = sign_in(getattr(cast, who))
    assert client.get("/covenants/rubrics/").status_code == 200
    assert client.get("/covenants/rubrics/new/").status_code == 403
    assert client.get(f"/covenants/rubric-items/{RubricItem.objects.first().pk}/edit/").status_code == 403
