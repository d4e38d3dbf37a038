"""Reference data: the real places, the category tree, and never overwriting an edit."""

import pytest
from django.core.management import call_command

from communities.directory.models import Community
from grids.categories.models import IssueCategory
from grids.categories.suggesting import suggest_categories
from streets.hub.models import Street
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.rows import records
from suzhou_portal.lib.rows.reference import load_reference

pytestmark = [pytest.mark.django_db, pytest.mark.dialect]


def test_it_loads_the_real_places_and_a_valid_two_level_tree(capsys):
    call_command("load_reference")
    assert "社区新增 21 条" in capsys.readouterr().out
    assert list(Street.objects.values_list("code", "name")) == [
        ("620902001", "东北街街道"),
        ("620902002", "东南街街道"),
        ("620902005", "西北街街道"),
        ("620902006", "西南街街道"),
    ]
    first = Community.objects.first()
    assert (first.code, first.name, first.street.name, first.managing_is_assumed) == (
        "620902001002",
        "民主街社区",
        "东北街街道",
        False,
    )
    # The managing street is not in the code: 解放路社区 has the prefix of a street that is no more.
    moved = Community.objects.get(code="620902003003")
    assert (moved.street.code, moved.managing_is_assumed) == ("620902002", True)
    assert Community.objects.filter(managing_is_assumed=True).count() == 9
    for category in IssueCategory.objects.select_related("parent__parent"):
        category.full_clean()
    assert IssueCategory.objects.usable().count() >= 50
    names = {category.name for category in IssueCategory.objects.filter(parent=None)}
    assert {"市容市貌", "环境卫生", "交通秩序", "物业监管", "公用设施", "园林绿化", "施工管理", "宣传广告"} <= names
    assert AuditEntry.objects.filter(action="create", object_type="communities.community").count() == 21


def test_a_second_run_adds_nothing_and_keeps_edits():
    load_reference()
    category = IssueCategory.objects.get(code="0201")
    records.update(category, {"name": "垃圾乱堆", "limit": 9, "is_active": False}, by=None)
    entries = AuditEntry.objects.count()
    assert set(load_reference().values()) == {0}
    category.refresh_from_db()
    assert (category.name, category.limit, category.is_active) == ("垃圾乱堆", 9, False)
    assert AuditEntry.objects.count() == entries


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("三号楼前垃圾桶满溢，有异味", "0201"),
        ("楼道里电动车充电，拉了飞线", "0902"),
        ("人行道上井盖松动", "0502"),
        ("家里暖气不热", "0504"),
        ("私家车停在消防通道上", "0303"),
        ("物业乱收费", "0402"),
        ("门口烧烤摊占道经营", "0104"),
        ("路灯不亮", "0501"),
    ],
)
def test_keywords_suggest_the_category_from_what_people_type(text, code):
    load_reference()
    suggested = suggest_categories(text, IssueCategory.objects.usable())
    assert code in [category.code for category in suggested[:2]]
