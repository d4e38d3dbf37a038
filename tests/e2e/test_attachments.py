"""Photos in a real browser: made smaller there, sent with the report or later, before and after side by side."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from grids.issues.models import Issue
from suzhou_portal.files import storing
from suzhou_portal.files.models import Attachment, Stage
from tests import factories as make
from tests.e2e.conftest import check_fits
from tests.files import made


def photo(name="IMG_0001.jpg", size=(3000, 2000)):
    """A large photo lying on its side, with its place and time."""
    exif = Image.Exif()
    exif[made.ORIENTATION] = 6
    exif[made.GPS] = {1: "N", 2: (39.0, 44.0, 1.0)}
    image = Image.effect_noise(size, 60).convert("RGB")
    return {"name": name, "mimeType": "image/jpeg", "buffer": made.encoded(image, "JPEG", quality=95, exif=exif)}


def file(name, data, kind="application/octet-stream"):
    return {"name": name, "mimeType": kind, "buffer": data}


def sent_sizes(page):
    """The sizes of the requests that the page posts from now on, in bytes."""
    sizes = []
    page.on(
        "request",
        lambda request: sizes.append(len(request.post_data_buffer or b"")) if request.method == "POST" else None,
    )
    return sizes


def open_form(page):
    page.locator("details.attach > summary").click()


def test_before_and_after_are_sent_smaller_and_stand_side_by_side(portal, live_cast):
    issue = make.make_issue(live_cast.secretary, live_cast.compound, live_cast.lamp, "门口路灯不亮")
    page = portal.open(issue.get_absolute_url(), live_cast.secretary)
    sizes, original = sent_sizes(page), photo()
    open_form(page)
    page.locator(".attach input[accept='image/*']").set_input_files(original)
    expect(page.locator(".attachments .photo")).to_have_count(1)
    assert max(sizes) < len(original["buffer"]) / 2, "the browser made it smaller"
    before = Attachment.objects.get()
    assert (before.stage, before.width, before.height) == (Stage.BEFORE, 1067, 1600)
    with storing.read(before.stored) as stored:
        assert not Image.open(io.BytesIO(stored.read())).getexif()

    open_form(page)
    page.locator(".attach .tap", has_text="处理后").click()
    page.locator(".attach input[accept='image/*']").set_input_files(
        [photo("a.jpg", (800, 600)), file("假照片.jpg", b"<html>", "image/jpeg")]
    )
    expect(page.locator(".pairs .photo")).to_have_count(2)
    expect(page.locator("[data-uploads] .is-refused")).to_contain_text("假照片.jpg")
    expect(page.locator("[data-uploads] .is-refused")).to_contain_text("可上传照片")
    page.locator(".attach input[accept*='.pdf']").set_input_files(file("处理情况.pdf", made.pdf(), "application/pdf"))
    expect(page.locator(".documents li")).to_contain_text("处理情况.pdf")
    images = page.locator(".photo img")
    expect(images).to_have_count(2)
    assert all(image.evaluate("node => node.decode().then(() => node.naturalWidth)") > 100 for image in images.all())

    with page.expect_download() as download:
        page.get_by_role("link", name="处理情况.pdf").click()
    assert download.value.suggested_filename == "处理情况.pdf"
    page.locator(".pairs td").last.get_by_role("button", name="删除").click()
    page.locator("#confirm-dialog [data-confirm-yes]").click()
    expect(page.locator(".gone")).to_contain_text("删除了自己上传的照片")
    expect(page.locator(".pairs")).to_have_count(0)


def test_a_small_photo_is_sent_as_it_is(portal, live_cast):
    issue = make.make_issue(live_cast.secretary, live_cast.compound, live_cast.lamp)
    page = portal.open(issue.get_absolute_url(), live_cast.secretary)
    open_form(page)
    data = made.encoded(made.picture((60, 40)), "JPEG", quality=10)
    page.locator(".attach input[accept='image/*']").set_input_files(file("s.jpg", data, "image/jpeg"))
    expect(page.locator(".attachments .photo")).to_have_count(1)
    assert (Attachment.objects.get().width, Attachment.objects.get().height) == (60, 40)


def fill_in(page):
    page.locator("#id_description").fill("3号楼前路灯不亮")
    expect(page.locator("#suggested input")).to_have_count(1)
    page.locator("#suggested label").first.click()


def test_a_report_goes_first_and_its_photos_after_it(portal, live_cast):
    page = portal.open("/issues/new/", live_cast.secretary, size="phone")
    fill_in(page)
    page.locator("#id_photos").set_input_files([photo("1.jpg"), photo("2.jpg", (600, 400))])
    page.locator("#id_photos").set_input_files([photo("3.jpg", (600, 400))])
    expect(page.locator("[data-uploads] li")).to_have_count(3)
    page.locator("[data-uploads] li", has_text="2.jpg").get_by_role("button", name="去掉").click()
    check_fits(page)
    page.get_by_role("button", name="上报", exact=True).click()
    page.wait_for_url(re.compile(r"/issues/SZ-\d{4}-\d+/$"))
    expect(page.locator("#messages")).to_contain_text("已上报")
    expect(page.locator(".attachments .photo")).to_have_count(2)
    assert set(Attachment.objects.values_list("name", "stage")) == {("1.jpg", "before"), ("3.jpg", "before")}


def test_the_report_stands_when_the_network_breaks_under_its_photos(portal, live_cast):
    page = portal.open("/issues/new/", live_cast.secretary)
    fill_in(page)
    page.locator("#id_photos").set_input_files([photo("1.jpg", (600, 400)), photo("2.jpg", (600, 400))])
    page.route("**/files/issue/**", lambda route: route.abort())
    page.get_by_role("button", name="上报", exact=True).click()
    expect(page.locator(".photo-field [role=alert]")).to_contain_text("已上报，上面标明的照片没有保存")
    assert Issue.objects.count() == 1
    page.unroute("**/files/issue/**")
    page.get_by_role("button", name="重传没有传完的").click()
    page.wait_for_url(re.compile(r"/issues/SZ-\d{4}-\d+/$"))
    expect(page.locator(".attachments .photo")).to_have_count(2)
    assert Issue.objects.count() == 1


def test_an_answer_that_is_lost_stores_a_photo_once(portal, live_cast):
    """The photo arrived and was stored; the answer did not come back, and the user tries again."""
    issue = make.make_issue(live_cast.secretary, live_cast.compound, live_cast.lamp)
    page = portal.open(issue.get_absolute_url(), live_cast.secretary)

    def swallow(route):
        route.fetch()
        route.abort()

    page.route("**/files/issue/**", swallow, times=1)
    open_form(page)
    page.locator(".attach input[accept='image/*']").set_input_files(photo("1.jpg", (600, 400)))
    expect(page.locator("[data-uploads] li")).to_contain_text("没有传完")
    page.get_by_role("button", name="重试").click()
    expect(page.locator(".attachments .photo")).to_have_count(1)
    assert Attachment.objects.count() == 1


def test_a_wrong_report_comes_back_and_names_the_photos(portal, live_cast):
    page = portal.open("/issues/new/", live_cast.secretary)
    page.locator("#id_description").fill("说不清的一件事")
    page.locator("#id_photos").set_input_files(photo("1.jpg", (600, 400)))
    page.get_by_role("button", name="上报", exact=True).click()
    expect(page.locator(".errorlist").first).to_be_visible()
    expect(page.locator("#id_description")).to_have_value("说不清的一件事")
    expect(page.locator(".photo-field")).to_contain_text("请重新选择")
    assert not Issue.objects.exists()


def test_photos_work_without_script(portal, live_cast):
    page = portal.open("/issues/new/", live_cast.secretary, java_script_enabled=False)
    page.locator("#id_description").fill("路灯不亮")
    page.locator("#id_category").select_option(label="路灯故障")
    page.locator("#id_photos").set_input_files([photo("1.jpg"), file("假.jpg", b"<html>", "image/jpeg")])
    page.get_by_role("button", name="上报", exact=True).click()
    expect(page.locator("#messages")).to_contain_text("已上报")
    expect(page.locator("#messages")).to_contain_text("假.jpg：可上传照片")
    expect(page.locator(".attachments .photo")).to_have_count(1)
    open_form(page)
    page.locator(".attach .tap", has_text="处理后").click()
    page.locator(".attach input[accept='image/*']").set_input_files(photo("2.jpg", (600, 400)))
    page.get_by_role("button", name="上传").click()
    expect(page.locator(".pairs .photo")).to_have_count(2)


@pytest.mark.parametrize("name", ["issue", "entry"])
def test_the_pages_are_accessible_in_both_themes_and_fit_the_phone(portal, live_cast, check_accessible, name):
    issue = make.make_issue(live_cast.secretary, live_cast.compound, live_cast.lamp, "门口路灯不亮")
    for stage in (Stage.BEFORE, Stage.AFTER, Stage.OTHER):
        make.make_attachment(issue, live_cast.secretary, stage=stage, has_personal=stage == Stage.OTHER)
    make.make_attachment(issue, live_cast.secretary, "很长的文件名称" * 8 + ".pdf", made.pdf())
    for size, theme in (("desk", "light"), ("desk", "dark"), ("phone", "light")):
        page = portal.open("/inbox/", live_cast.secretary, size=size, theme=theme)
        if name == "issue":
            page.goto(issue.get_absolute_url())
            open_form(page)
            page.locator(".attach input[accept='image/*']").set_input_files(file("假.jpg", b"<html>", "image/jpeg"))
            expect(page.locator("[data-uploads] .is-refused")).to_have_count(1)
        else:
            page.goto("/issues/new/")
            page.locator("#id_photos").set_input_files(photo("1.jpg", (600, 400)))
        check_accessible(page)
        if size == "phone":
            check_fits(page)
