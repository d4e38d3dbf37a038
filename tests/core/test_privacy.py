"""What looks like a personal number and what does not; taking it out of texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suzhou_portal.audit.trail import ERASED, fitted
from suzhou_portal.lib.text.privacy import personal_numbers, without_personal


@pytest.mark.parametrize(
    ("text", "kind", "masked"),
    [
        ("找张某 11010519491231002X", "身份证号", "110***02X"),
        ("找张某 11010519491231002x。", "身份证号", "110***02x"),
        ("620902198503124321有误", "身份证号", "620***321"),  # mistyped: the check character is not asked
        ("请打 138 1234 5678", "手机号", "138***678"),
        ("请打１３８１２３４５６７８", "手机号", "138***678"),
        ("+86-13812345678", "手机号", "138***678"),
        ("0937-2612345", "电话号码", "093***345"),
        ("（0937）2612345", "电话号码", "093***345"),
        ("09372612345", "电话号码", "093***345"),
        ("座机０９３７－２６１２３４５", "电话号码", "093***345"),
        ("010-62345678", "电话号码", "010***678"),
        ("卡号6222 0212 3456 7890 128", "银行卡号", "622***128"),
        ("4111111111111111", "银行卡号", "411***111"),
    ],
)
def test_personal_numbers_are_found(text, kind, masked):
    assert personal_numbers(text) == [(kind, masked)]


@pytest.mark.parametrize(
    "text",
    [
        "SZ-2026-000123",
        "SZ-2026-000123-1",
        "DB-2026-000012",
        "620902001",
        "620902001002",
        "620902001002001",
        "620902001002001001",
        "620902001002001001001",
        "0201",
        "2026-11-22 14:05",
        "2026年11月22日",
        "3号楼2单元501室",
        "12345热线",
        "拨打110、119",
        "水表读数0012345",
        "合同号202611220001",
        "路灯编号LD-13800-0001",
        "6222021234567890123",  # the check digit does not fit
        "经纬度98.4943,39.7326",
    ],
)
def test_numbers_of_other_kinds_are_not(text):
    assert personal_numbers(text) == []


def test_codes_of_places_never_look_like_identity_cards():
    """Every community and grid code of the district: 620902, street, community, then up to three levels."""
    for street in range(1, 5):
        for community in range(1, 60):
            for grid in range(1, 30, 7):
                code = f"620902{street:03d}{community:03d}{grid:03d}"
                for digits in (code, f"{code}{grid:03d}", f"{code}{grid:03d}{community:03d}"):
                    assert personal_numbers(f"网格{digits}积水") == []


def test_names_and_phones_are_taken_out_as_people_write_them():
    text = "张三（138-0000-1234，0937 261 2345）说张三丰家漏水；李四不在。"
    clean = without_personal(text, names=["张三"], phones=["13800001234", "09372612345"], everything=False)
    assert clean == f"{ERASED}（{ERASED}，{ERASED}）说{ERASED}丰家漏水；李四不在。"


def test_other_numbers_go_with_everything_only():
    text = "找王五 13900001111"
    assert without_personal(text, names=["张三"], everything=False) == text
    assert without_personal(text, names=["张三"]) == f"找王五 {ERASED}"


def test_a_name_of_one_character_is_not_sought():
    assert without_personal("一张桌子", names=["张", ""]) == "一张桌子"


def test_a_latin_name_is_no_part_of_a_word():
    assert without_personal("Li called about the light", names=["Li"]) == f"{ERASED} called about the light"


@given(
    text=st.text("张三李清除〔〕〕已13800001234-0937 x", max_size=80),
    name=st.sampled_from(["", "张三", "清除", "已清", "x"]),
    phone=st.sampled_from(["", "13800001234", "09372612345"]),
)
def test_taking_out_twice_changes_nothing_more(text, name, phone):
    once = without_personal(text, names=[name], phones=[phone])
    assert without_personal(once, names=[name], phones=[phone]) == once


@given(text=st.text("张三x", max_size=60), length=st.integers(6, 40))
def test_what_must_be_shortened_ends_with_the_mark_and_holds_no_part_of_one(text, length):
    text = text.replace("张三", ERASED)
    short = fitted(text, length)
    assert len(short) <= length
    if short != text:
        assert short.endswith(ERASED)
        assert text.startswith(short[: -len(ERASED)])
        assert not any(short[: -len(ERASED)].endswith(ERASED[:size]) for size in range(1, len(ERASED)))
