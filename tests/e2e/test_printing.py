"""Documents in the browser: found by keyboard, one A4 page on paper, a list that repeats its head."""

import io
from unicodedata import normalize

import pypdf
import pytest

from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.supervision.models import Supervision
from tests import factories as make
from tests.e2e.conftest import check_fits


@pytest.fixture
def issue(live_cast):
    cast = live_cast
    issue = make.make_issue(cast.secretary, cast.building, cast.lamp, "门口路灯不亮，晚上看不见路")
    return WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk, "note": "今日"})


def printed(page):
    """What the printer gets of the page: (pages as text without blanks, their sizes in points).

    Chromium names some characters by their radicals (⽹): they are brought back.
    """
    reader = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    texts = [normalize("NFKC", "".join(one.extract_text().split())).replace("⻚", "页") for one in reader.pages]
    return texts, [tuple(round(float(side)) for side in one.mediabox[2:]) for one in reader.pages]


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_menu_opens_by_keyboard_and_the_form_prints_on_one_page(portal, live_cast, issue, check_accessible, size):
    page = portal.open(issue.get_absolute_url(), live_cast.officer, size=size)
    menu = page.locator(".issue-print summary")
    menu.focus()
    page.keyboard.press("Enter")
    check_accessible(page)
    check_fits(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/documents/assignment/")
    check_accessible(page)
    check_fits(page)
    texts, sizes = printed(page)
    assert sizes == [(595, 842)]
    assert "网格事件交办单" in texts[0]
    assert "返回事件" not in texts[0], "what is around the sheet is not printed"
    assert "待我办理" not in texts[0]
    assert "打印于" in texts[0]


def test_without_script_the_menu_works_too(portal, live_cast, issue):
    page = portal.open(issue.get_absolute_url(), live_cast.officer, java_script_enabled=False)
    page.locator(".issue-print summary").click()
    page.get_by_role("link", name="办理单").click()
    assert page.get_by_role("heading", name="网格事件办理单").is_visible()


def test_the_letter_and_the_record_print_on_one_page_each(portal, live_cast, issue):
    WORKFLOW.apply(issue, "supervise", by=live_cast.district, inputs={"note": "多次催办未果", "demand": "三日内修好"})
    letter = Supervision.objects.get()
    page = portal.open(f"{issue.get_absolute_url()}documents/{letter.number}/", live_cast.district)
    for code in (letter.number, "record"):
        page.goto(f"{issue.get_absolute_url()}documents/{code}/")
        texts, sizes = printed(page)
        assert sizes == [(595, 842)], code
        assert issue.number in texts[0]


def test_the_file_is_saved_under_its_chinese_name(portal, live_cast, issue):
    page = portal.open(f"{issue.get_absolute_url()}documents/assignment/", live_cast.officer)
    with page.expect_download() as download:
        page.get_by_role("link", name="Word").click()
    assert download.value.suggested_filename == f"交办单{issue.number}.docx"


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_list_of_the_desk_prints_across_with_its_head_on_every_page(portal, live_cast, check_accessible, size):
    make.many_issues(live_cast.secretary, live_cast.building, live_cast.lamp, 45)
    page = portal.open("/issues/?queue=all", live_cast.secretary)
    page.get_by_role("link", name="打印清单").click()
    page.wait_for_url("**/issues/print/?queue=all")
    page.set_viewport_size({"width": 360, "height": 740} if size == "phone" else {"width": 1366, "height": 768})
    check_accessible(page)
    check_fits(page)
    texts, sizes = printed(page)
    assert len(texts) > 1
    assert set(sizes) == {(842, 595)}
    assert all("序号编号地点分类" in text for text in texts), "the head is repeated"
    assert "合计45件" in texts[-1]
    assert f"第{len(texts)}页,共{len(texts)}页" in texts[-1]
    assert Issue.objects.count() == 45
