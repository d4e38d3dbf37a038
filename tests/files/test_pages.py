"""The pages: before and after on the issue's page, adding, looking, removing; and the entry with photos."""

import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grids.issues.models import Issue
from grids.issues.parameters import ISSUE_FILES
from grids.issues.workflow import WORKFLOW
from suzhou_portal.files.models import Attachment, Stage
from suzhou_portal.files.services import erase
from tests import factories as make
from tests.files import made
from tests.files.test_preparing import set_parameter


def upload(client, issue, *files, **values):
    return client.post(f"/files/issue/{issue.pk}/", {"file": list(files), **values}, follow=True)


def text_of(answer):
    return " ".join(answer.content.decode().split())


# --- the page of the issue --------------------------------------------------------------------


def test_photos_before_and_after_stand_side_by_side(cast, sign_in, issue):
    before = [make.make_attachment(issue, cast.secretary, stage=Stage.BEFORE) for _ in range(2)]
    after = make.make_attachment(issue, cast.officer, stage=Stage.AFTER)
    other = make.make_attachment(issue, cast.officer)
    answer = sign_in(cast.secretary).get(issue.get_absolute_url())
    pairs = [
        [re.findall(r"/files/(\d+)/thumbnail/", cell) for cell in row.split("</td>")[:2]]
        for row in answer.content.decode().split('class="pairs"')[1].split("</table>")[0].split("<tr>")[2:]
    ]
    assert pairs == [[[str(before[0].pk)], [str(after.pk)]], [[str(before[1].pk)], []]]
    assert f"/files/{other.pk}/thumbnail/" in text_of(answer).split("其他照片")[1]


def test_of_one_side_alone_no_pair_is_made(cast, sign_in, issue):
    make.make_attachment(issue, cast.secretary, stage=Stage.BEFORE)
    page = text_of(sign_in(cast.secretary).get(issue.get_absolute_url()))
    assert 'class="pairs"' not in page
    assert "<h3>处理前</h3>" in page


def test_several_files_are_sent_at_once_and_each_is_told_of(cast, sign_in, issue):
    answer = upload(
        sign_in(cast.secretary),
        issue,
        made.sent(made.jpeg()),
        made.sent(made.pdf(), "通知.pdf"),
        made.sent(b"<html>", "假照片.jpg"),
        stage="after",
        has_personal="on",
    )
    page = text_of(answer)
    assert answer.redirect_chain == [(f"{issue.get_absolute_url()}#attachments", 302)]
    assert "已保存 2 个附件" in page
    assert "1 个附件没有保存。假照片.jpg：可上传照片" in page
    assert "通知.pdf" in page
    assert set(Attachment.objects.values_list("stage", "has_personal")) == {("after", True)}


def test_nothing_chosen_is_said(cast, sign_in, issue):
    assert "请先选择照片或文件" in text_of(upload(sign_in(cast.secretary), issue))


def test_the_same_form_sent_twice_stores_once(cast, sign_in, issue):
    client, key = sign_in(cast.secretary), str(uuid.uuid4())
    for _ in range(2):
        upload(client, issue, made.sent(made.jpeg()), upload_key=key)
    assert Attachment.objects.count() == 1


def test_the_same_photo_under_the_same_key_may_belong_to_two_issues(cast, sign_in, issue):
    client, key = sign_in(cast.secretary), str(uuid.uuid4())
    other = make.make_issue(cast.secretary, cast.compound, cast.lamp, "门口路灯闪烁")
    for row in (issue, other):
        assert upload(client, row, made.sent(made.jpeg()), upload_key=key).status_code == 200
    assert sorted(Attachment.objects.values_list("owner_key", flat=True)) == sorted([issue.pk, other.pk])


@pytest.mark.parametrize("values", [{"stage": "x\x00"}, {"upload_key": "no"}, {"upload_key": "\x00"}, {"stage": ""}])
def test_odd_values_break_nothing(cast, sign_in, issue, values):
    assert upload(sign_in(cast.secretary), issue, made.sent(made.jpeg()), **values).status_code == 200
    assert Attachment.objects.get().stage == Stage.OTHER


def test_a_script_gets_one_answer_per_file(cast, sign_in, issue):
    def send(data):
        return sign_in(cast.secretary).post(
            f"/files/issue/{issue.pk}/", {"file": made.sent(data)}, headers={"accept": "application/json"}
        )

    assert (send(made.jpeg()).status_code, send(b"<html>").status_code) == (200, 422)
    assert send(made.jpeg()).json() == {"results": [{"name": "照片.jpg", "error": None}]}
    assert "可上传照片" in send(b"<html>").json()["results"][0]["error"]


def test_a_file_too_large_to_be_received_is_named_and_the_others_are_stored(cast, sign_in, issue, settings):
    settings.FILE_HARD_LIMIT = 100_000
    page = text_of(
        upload(
            sign_in(cast.secretary),
            issue,
            made.sent(b"\xff\xd8\xff" + b"x" * 200_000, "大.jpg"),
            made.sent(made.jpeg()),
        )
    )
    assert "已保存 1 个附件" in page
    assert "大.jpg：文件过大，没有接收" in page


def test_more_than_a_request_may_carry_is_refused_kindly(cast, sign_in, issue, settings):
    settings.BODY_LIMIT, settings.UPLOAD_BODY_LIMIT = 1_000, 50_000
    client = sign_in(cast.secretary)
    assert upload(client, issue, made.sent(made.jpeg())).status_code == 200, "more than other pages take"
    answer = upload(client, issue, made.sent(b"x" * 60_000))
    assert answer.status_code == 413
    assert "没有接收" in text_of(answer)


def test_the_owner_decides_between_not_found_and_refused(cast, sign_in, issue):
    attachment = make.make_attachment(issue, cast.secretary)
    pages = [f"/files/{attachment.pk}/", f"/files/{attachment.pk}/thumbnail/"]
    posts = [f"/files/{attachment.pk}/delete/", f"/files/issue/{issue.pk}/"]
    outside = (cast.sibling, cast.other_officer, cast.department, cast.liaison, cast.sibling_leader)
    for user in (*outside, cast.auditor, cast.nobody, cast.security, cast.system):
        # Security and system see places, and so files of 五个一: to them this one does not exist.
        foreign = 404 if user in (*outside, cast.security, cast.system) else 403
        here = 404 if user in outside else 403
        client = sign_in(user)
        for address, status in ((pages[0], foreign), (pages[1], foreign), (posts[0], foreign), (posts[1], here)):
            assert client.get(address).status_code == status, (user, address)
        for address, status in zip(posts, (foreign, here), strict=True):
            assert client.post(address, {"file": made.sent(made.jpeg())}).status_code == status, (user, address)
    assert Attachment.objects.get() == attachment


def test_the_department_sees_them_while_it_has_the_issue(cast, sign_in, issue):
    attachment = make.make_attachment(issue, cast.secretary)
    client = sign_in(cast.department)
    assert client.get(f"/files/{attachment.pk}/").status_code == 404
    issue = WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk, "note": "今日"})
    assert client.get(f"/files/{attachment.pk}/").status_code == 200
    WORKFLOW.apply(issue, "recall", by=cast.officer, inputs={"note": "另行安排"})
    assert client.get(f"/files/{attachment.pk}/").status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/files/issue/999999/",
        "/files/nonsense/1/",
        "/files/999999/",
        f"/files/{'9' * 30}/",
        f"/files/issue/{'9' * 30}/",
    ],
)
def test_what_is_not_there_is_not_found(cast, sign_in, address):
    assert sign_in(cast.district).get(address).status_code == 404


def test_a_closed_issue_shows_its_photos_and_takes_none(cast, sign_in, issue):
    attachment = make.make_attachment(issue, cast.secretary)
    WORKFLOW.apply(issue, "void", by=cast.secretary, inputs={"note": "误报"})
    client = sign_in(cast.secretary)
    page = text_of(client.get(issue.get_absolute_url()))
    assert f"/files/{attachment.pk}/thumbnail/" in page
    assert "data-upload " not in page
    assert f"/files/{attachment.pk}/delete/" not in page
    assert client.post(f"/files/issue/{issue.pk}/", {"file": made.sent(made.jpeg())}).status_code == 403
    assert client.post(f"/files/{attachment.pk}/delete/").status_code == 403


def test_a_full_issue_says_so_and_offers_nothing(cast, sign_in, issue):
    set_parameter(ISSUE_FILES, 1)
    make.make_attachment(issue, cast.secretary)
    page = text_of(sign_in(cast.secretary).get(issue.get_absolute_url()))
    assert "不能再添加" in page
    assert "data-upload " not in page


def test_what_one_removes_leaves_a_sentence(cast, sign_in, issue):
    attachment = make.make_attachment(issue, cast.secretary)
    client = sign_in(cast.secretary)
    assert f"/files/{attachment.pk}/delete/" in text_of(client.get(issue.get_absolute_url()))
    assert f"/files/{attachment.pk}/delete/" not in text_of(sign_in(cast.officer).get(issue.get_absolute_url()))
    page = text_of(client.post(f"/files/{attachment.pk}/delete/", follow=True))
    assert "已删除照片" in page
    assert f"{cast.secretary.name} 删除了自己上传的照片" in page
    for address in (f"/files/{attachment.pk}/", f"/files/{attachment.pk}/thumbnail/"):
        assert client.get(address).status_code == 404


def test_what_was_erased_leaves_a_sentence(cast, sign_in, issue):
    erase([make.make_attachment(issue, cast.secretary, "王某.jpg", has_personal=True)])
    page = text_of(sign_in(cast.secretary).get(issue.get_absolute_url()))
    assert "一份含个人信息的照片已到期清除" in page
    assert "王某" not in page


def test_the_fragment_is_for_the_script(cast, sign_in, issue):
    client = sign_in(cast.secretary)
    fragment = client.get(f"/files/issue/{issue.pk}/", headers={"hx-request": "true"})
    assert fragment.content.decode().lstrip().startswith('<section class="attachments')
    assert "HX-Request" in fragment["Vary"]
    assert client.get(f"/files/issue/{issue.pk}/").url == f"{issue.get_absolute_url()}#attachments"


@pytest.mark.parametrize(
    ("user", "action", "stage"), [("secretary", "", "before"), ("department", "dispatch", "after")]
)
def test_the_form_proposes_the_stage(cast, sign_in, issue, user, action, stage):
    if action:
        WORKFLOW.apply(issue, action, by=cast.officer, inputs={"organisation": cast.law.pk, "note": "今日"})
    page = text_of(sign_in(getattr(cast, user)).get(issue.get_absolute_url()))
    assert f'value="{stage}" checked' in page


def test_the_number_of_queries_does_not_grow_with_the_photos(cast, sign_in, issue):
    client = sign_in(cast.secretary)

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(issue.get_absolute_url())
        return len(captured)

    queries()  # what a process keeps is read once
    make.make_attachment(issue, cast.secretary)
    few = queries()
    for _ in range(8):
        make.make_attachment(issue, cast.officer, stage=Stage.AFTER)
    assert queries() == few


# --- answers with files -----------------------------------------------------------------------


def test_a_photo_is_shown_and_kept_private(cast, sign_in, issue):
    attachment = make.make_attachment(issue, cast.secretary, "楼道.jpg")
    client = sign_in(cast.secretary)
    answer = client.get(f"/files/{attachment.pk}/")
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Disposition"].startswith("inline")
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert len(b"".join(answer.streaming_content)) == attachment.size
    assert "attachment" in client.get(f"/files/{attachment.pk}/?save")["Content-Disposition"]
    again = client.get(f"/files/{attachment.pk}/", headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    small = client.get(f"/files/{attachment.pk}/thumbnail/")
    assert small["ETag"] != answer["ETag"]
    assert small["Content-Type"] == "image/jpeg"


def test_what_the_browser_has_is_not_confirmed_to_strangers(cast, sign_in, issue):
    attachment = make.make_attachment(issue, cast.secretary)
    etag = sign_in(cast.secretary).get(f"/files/{attachment.pk}/")["ETag"]
    assert sign_in(cast.sibling).get(f"/files/{attachment.pk}/", headers={"if-none-match": etag}).status_code == 404


def test_a_document_is_saved_never_shown(cast, sign_in, issue):
    attachment = make.make_attachment(issue, cast.secretary, "通知 “甲”.pdf", made.pdf())
    client = sign_in(cast.secretary)
    answer = client.get(f"/files/{attachment.pk}/")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert client.get(f"/files/{attachment.pk}/thumbnail/").status_code == 404


def test_a_lost_file_is_not_found_and_no_error(cast, sign_in, issue, folder):
    attachment = make.make_attachment(issue, cast.secretary)
    (folder / attachment.stored).unlink()
    assert sign_in(cast.secretary).get(f"/files/{attachment.pk}/").status_code == 404


# --- the entry --------------------------------------------------------------------------------


def typed(cast, **changes):
    values = {
        "place": cast.compound.code,
        "description": "3号楼前路灯不亮",
        "category": cast.lamp.code,
        "submission_key": str(uuid.uuid4()),
    }
    return {**values, **changes}


def test_without_script_an_issue_is_reported_with_its_photos(cast, sign_in):
    page = sign_in(cast.secretary).post(
        "/issues/new/",
        typed(cast, photos=[made.sent(made.jpeg()), made.sent(made.telling_png(), "b.png")]),
        follow=True,
    )
    issue = Issue.objects.get()
    assert page.redirect_chain == [(issue.get_absolute_url(), 302)]
    assert "已保存 2 个附件" in text_of(page)
    assert set(Attachment.objects.values_list("owner_key", "stage", "kind")) == {(issue.pk, "before", "photo")}


def test_a_refused_photo_neither_fails_nor_delays_the_issue(cast, sign_in):
    bad = [made.sent(b"<html>", "假.jpg"), made.sent(made.jpeg()[:300], "坏.jpg")]
    page = text_of(sign_in(cast.secretary).post("/issues/new/", typed(cast, photos=bad), follow=True))
    assert Issue.objects.get().description == "3号楼前路灯不亮"
    assert "已上报" in page
    assert "2 个附件没有保存。假.jpg：可上传照片" in page
    assert not Attachment.objects.exists()


def test_the_issue_is_stored_whatever_happens_to_its_photo(live_cast, sign_in, settings):
    """The issue is committed before its photo is looked at, even if that ends in an error of ours."""
    settings.MEDIA_ROOT = "/proc/nowhere"
    page = sign_in(live_cast.secretary).post(
        "/issues/new/", typed(live_cast, photos=made.sent(made.jpeg())), follow=True
    )
    assert "存储暂时不可用" in text_of(page)
    assert Issue.objects.count() == 1


def test_a_photo_that_is_much_too_large_leaves_the_issue_alone(cast, sign_in, settings):
    settings.FILE_HARD_LIMIT = 100_000
    photo = made.sent(b"\xff\xd8\xff" + b"x" * 300_000, "大.jpg")
    page = text_of(sign_in(cast.secretary).post("/issues/new/", typed(cast, photos=photo), follow=True))
    assert Issue.objects.count() == 1
    assert "大.jpg：文件过大，没有接收" in page


def test_what_was_typed_survives_and_photos_must_be_chosen_again(cast, sign_in):
    answer = sign_in(cast.secretary).post("/issues/new/", typed(cast, category="", photos=made.sent(made.jpeg())))
    page = text_of(answer)
    assert answer.status_code == 422
    assert "3号楼前路灯不亮" in page
    assert "照片没有保留，请重新选择" in page
    assert not Issue.objects.exists()


def test_the_same_report_twice_is_one_issue_with_one_photo(cast, sign_in):
    client, values = sign_in(cast.secretary), typed(cast)
    for _ in range(2):
        client.post("/issues/new/", {**values, "photos": made.sent(made.jpeg())})
    assert Issue.objects.count() == 1
    assert Attachment.objects.count() == 1


def test_a_script_is_told_where_the_photos_go(cast, sign_in):
    answer = sign_in(cast.secretary).post("/issues/new/", typed(cast), headers={"accept": "application/json"})
    issue = Issue.objects.get()
    assert answer.json() == {
        "number": issue.number,
        "url": issue.get_absolute_url(),
        "onward": issue.get_absolute_url(),
        "attachments": f"/files/issue/{issue.pk}/",
    }
