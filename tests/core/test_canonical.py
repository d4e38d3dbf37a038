"""One form of what is typed: the look-alikes that input methods, PDFs and chat programs bring along are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suzhou_portal.lib.text import canonical
from suzhou_portal.lib.text.privacy import find_numbers, without_personal


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("张　𬱖", "张𬱖"),
        (" 张 三\u200b", "张三"),
        *((f"古丽米热{dot}艾比布力", "古丽米热·艾比布力") for dot in "·•・‧∙⋅･.．"),
        ("古丽米热 · 艾比布力", "古丽米热·艾比布力"),
        ("⽅⽂", "方文"),
        ("Ｌｉ  Ming", "Li Ming"),
        ("J. Smith", "J. Smith"),
    ],
)
def test_a_name_has_one_form(typed, name):
    assert canonical.person(typed) == name


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("\u202d13800001234\u202c", "13800001234"),
        ("138\u200b0000–1234", "13800001234"),
        ("１３８ ００００ １２３４", "13800001234"),
        ("+86 138-0000-1234", "13800001234"),
        ("（0937）261－2345", "0937-2612345"),
        ("09372612345", "0937-2612345"),
        ("0937—2612345", "0937-2612345"),
        ("12345", "12345"),
    ],
)
def test_a_telephone_number_has_one_form(typed, number):
    assert canonical.telephone(typed) == number


@given(st.text())
def test_a_form_of_a_form_is_the_same(typed):
    for form in (canonical.text, canonical.person, canonical.number, canonical.telephone):
        assert form(form(typed)) == form(typed)


@given(st.text())
def test_a_text_keeps_what_is_seen(typed):
    assert "\r" not in canonical.text(typed)
    assert "".join(canonical.text(typed).split()).isprintable() or not typed.isprintable()


@pytest.mark.parametrize("typed", ["138\u200b00001234", "\u202d138–0000–1234", "１３８００００１２３４"])
def test_a_disguised_number_is_found_in_a_text(typed):
    text = f"请联系{typed}张三"
    assert [found.kind for found in find_numbers(text)] == ["手机号"]
    assert without_personal(text).endswith("张三")
    assert "138" not in without_personal(text)
    assert "1234" not in without_personal(text, phones=["13800001234"], everything=False)
