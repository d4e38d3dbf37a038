"""The template tags: times, money, rates, the traffic light."""

import datetime as dt

import pytest
from django.template import Context, Template
from django.utils import timezone

from suzhou_portal.templatetags import portal as tags


def render(source: str, **context) -> str:
    return Template(source).render(Context(context))


def test_a_time_of_this_year_is_short_and_local():
    year = timezone.localdate().year
    moment = dt.datetime(year, 3, 1, 23, 5, tzinfo=dt.UTC)
    assert tags.short_time(moment) == "03-02 07:05"
    assert tags.short_time(dt.date(year, 3, 1)) == "03-01"


def test_a_time_of_another_year_names_it():
    assert tags.short_time(dt.datetime(2020, 12, 31, 16, 30, tzinfo=dt.UTC)) == "2021-01-01 00:30"


def test_a_date_in_text_is_written_out():
    assert tags.long_date(dt.date(2026, 11, 22)) == "2026年11月22日"
    assert tags.long_date(dt.datetime(2026, 11, 22, 17, 0, tzinfo=dt.UTC)) == "2026年11月23日"


@pytest.mark.parametrize(
    ("amount", "text"),
    [(2114000, "211.40 万元"), ("0", "0.00 万元"), (123456789, "12,345.68 万元"), (None, "—"), ("x", "—")],
)
def test_money_is_told_in_ten_thousands(amount, text):
    assert tags.money_wan(amount) == text


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [(95, 102, "93.1%(95/102)"), (3, 7, "3/7"), (0, 0, "—"), (None, 20, "0.0%(0/20)"), (10, 10, "100.0%(10/10)")],
)
def test_a_rate_shows_its_counts_and_none_below_ten_cases(numerator, denominator, text):
    assert tags.rate_text(numerator, denominator) == text


@pytest.mark.parametrize(
    ("value", "shape", "word"), [("normal", "●", "正常"), ("soon", "▲", "临期"), ("overdue", "■", "超期")]
)
def test_a_light_is_a_shape_and_a_word(value, shape, word):
    html = render("{% light value %}", value=value)
    assert shape in html
    assert word in html
    assert f"light-{value}" in html


def test_a_light_of_nothing_is_nothing():
    assert render("{% light value %}", value=None) == ""


def test_a_chip_escapes_its_words():
    assert "&lt;b&gt;" in render("{% chip code label %}", code="closed", label="<b>")
