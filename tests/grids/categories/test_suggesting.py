"""The category that a text is about: measured on three hundred sentences and more."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from grids.categories.measuring import FEW, measure, parts_of, rate
from grids.categories.models import IssueCategory
from grids.categories.suggesting import suggest_categories
from suzhou_portal.lib.rows.reference import load_reference

pytestmark = pytest.mark.django_db


def names(text, limit=3):
    return [category.name for category in suggest_categories(text, IssueCategory.objects.usable(), limit)]


def test_the_right_category_is_first_or_among_the_first_three():
    load_reference()
    answers = measure()
    assert len(answers) >= 200
    assert {answer.code for answer in answers} == set(IssueCategory.objects.usable().values_list("code", flat=True))
    held = parts_of(answers)["留出的例句"]
    assert len(held) * 3 >= len(answers)
    for name, part in parts_of(answers).items():
        assert rate(part, 1) >= 0.80, name
        assert rate(part, FEW) >= 0.95, name


def test_no_sentence_is_itself_a_word_of_a_category():
    load_reference()
    words = {word for row in IssueCategory.objects.usable() for word in row.keywords.split()}
    assert not words & {answer.text for answer in measure()}


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("井盖缺失，已设置围挡", "井盖缺失破损"),
        ("嘉和小区3号楼二单元门口井盖丢了，拿围挡围着", "井盖缺失破损"),
        ("化粪池溢出", "下水堵塞"),
        ("3号楼二单元门口化粪池溢出，臭水流了一地", "下水堵塞"),
        ("楼道 里 电 动 车 充 电", "电动车违规充电"),
        ("楼下ＫＴＶ太吵", "噪声扰民"),
    ],
)
def test_what_happened_counts_more_than_what_stands_beside_it(text, first):
    load_reference()
    assert names(text)[:1] == [first]


@pytest.mark.parametrize("text", ["", "   ", "1234567", "!!!", "\x00", "好"])
def test_what_says_nothing_suggests_nothing(text):
    load_reference()
    assert names(text) == []


def test_words_that_the_district_adds_count_at_once():
    load_reference()
    assert "路灯故障" not in names("大黑杆子歪脖了")
    IssueCategory.objects.filter(name="路灯故障").update(keywords="路灯 大黑杆子")
    assert names("大黑杆子歪脖了")[:1] == ["路灯故障"]


def test_what_is_retired_is_not_suggested():
    load_reference()
    IssueCategory.objects.filter(name="下水堵塞").update(is_active=False)
    assert "下水堵塞" not in names("化粪池溢出")


def test_the_command_prints_the_figures_and_what_was_missed(tmp_path):
    load_reference()
    out = StringIO()
    call_command("measure_categories", stdout=out)
    lines = out.getvalue().splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["全部例句", "编写时参考的例句", "留出的例句"]
    assert "首位" in lines[0]
    assert "前三位" in lines[0]
    own = tmp_path / "own.csv"
    own.write_text("code,part,text\n0501,本区,路灯不亮\n0407,本区,路灯不亮\n", encoding="utf-8")
    out = StringIO()
    call_command("measure_categories", str(own), stdout=out)
    assert "本区 2 句：首位 50.0%" in out.getvalue()
    assert "应为 0407" in out.getvalue()
    with pytest.raises(CommandError):
        call_command("measure_categories", str(tmp_path / "none.csv"))
