"""The phone page of grid and area leaders, on a phone, with a network that comes and goes."""

import gzip
import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from grids.categories.models import IssueCategory
from grids.issues.models import Issue
from suzhou_portal.files.models import Attachment
from tests import factories as make
from tests.e2e.conftest import check_fits
from tests.files import made

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DB = """(work) => new Promise((resolve, reject) => {
  const opening = indexedDB.open("portal-field", 1);
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const store = opening.result.transaction("reports", "readwrite").objectStore("reports");
    if (work) {
      work.forEach((record) => store.put(record));
      store.transaction.oncomplete = () => resolve(work);
      return;
    }
    const all = store.getAll();
    all.onsuccess = () => resolve(all.result);
  };
})"""


def kept(page):
    """What the phone keeps, as (state, text, photos)."""
    return page.evaluate(
        f"({DB})(null).then(all => all.map(r => [r.state, r.values.description, r.photos.length, r.user]))"
    )


def await_kit(page):
    """Until the kit is on board. Asked within the page: polled predicates are refused by its content policy."""
    page.evaluate("""() => new Promise(done => {
      const ask = () => localStorage.getItem("portal-field-kit") ? done(true) : setTimeout(ask, 20);
      ask();
    })""")


@pytest.fixture
def phone(portal):
    """``phone(path, user)`` → a page on a phone whose service worker is ready, with the kit on board."""

    def open_phone(path, user, **options):
        page = portal.open("/healthz", user, **{**PHONE, **options})
        # The browser would send in the background whenever it likes: one test is about that.
        page.context.add_init_script("delete ServiceWorkerRegistration.prototype.sync;")
        page.goto(path)
        expect(page.locator("form[data-queue-ready]")).to_be_visible()
        page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        await_kit(page)
        return page

    return open_phone


def write(page, text, category="路灯故障", photo=None):
    """Type a report; nothing is pressed yet."""
    page.locator("#id_description").fill(text)
    page.locator("#suggested label", has_text=category).first.click()
    if photo:
        page.locator("#id_photos").set_input_files(photo)
        expect(page.locator("[data-uploads] li")).to_have_count(1)


def report(page):
    page.get_by_role("button", name="上报", exact=True).click()


def a_photo(name="灯.jpg"):
    return {"name": name, "mimeType": "image/jpeg", "buffer": made.encoded(made.picture((900, 600)), "JPEG")}


def sign_in_by_hand(page, user):
    page.locator("#id_username").fill(user.username)
    page.locator("#id_password").fill(make.PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()


def test_three_reports_without_network_one_with_a_photo_are_three_issues(phone, live_cast):
    page = phone("/issues/new/", live_cast.leader)
    context = page.context
    context.set_offline(True)
    write(page, "一号楼路灯不亮")
    report(page)
    expect(page.locator("[data-unsent-count]")).to_have_text("待发 1 件")
    page.reload()
    expect(page.locator("h1")).to_have_text("没有网络")
    expect(page.locator("[data-unsent-count]")).to_have_text("待发 1 件")
    write(page, "二号楼路灯不亮", photo=a_photo())
    report(page)
    expect(page.locator("[data-unsent-count]")).to_have_text("待发 2 件")
    write(page, "三号楼路灯不亮")
    page.reload()  # in the middle of typing
    expect(page.locator("#id_description")).to_have_value("三号楼路灯不亮")
    report(page)
    expect(page.locator("[data-unsent-count]")).to_have_text("待发 3 件")
    before = page.evaluate(f"({DB})(null).then(all => {{ window.before = all; return all.length; }})")
    assert before == 3
    assert Issue.objects.count() == 0

    Session.objects.all().delete()
    context.set_offline(False)
    expect(page.locator("[data-unsent-state]")).to_contain_text("请重新登录后发送")
    assert Issue.objects.count() == 0
    # Kept aside, to be sent once more afterwards.
    page.evaluate(
        """() => Promise.all(window.before.map(async (record) => ({ ...record,
             photos: record.photos.map((one) => ({ ...one, bytes: Array.from(new Uint8Array(one.bytes)) })) })))
           .then((all) => sessionStorage.setItem("copies", JSON.stringify(all)))"""
    )
    page.locator("[data-unsent-sign-in]").click()
    expect(page.locator("[data-unsent-note]")).to_be_visible()
    sign_in_by_hand(page, live_cast.leader)
    expect(page.locator("#messages")).to_contain_text("已上报 3 件")
    expect(page.locator("[data-unsent]")).to_be_hidden()
    assert sorted(Issue.objects.values_list("description", flat=True)) == [
        "一号楼路灯不亮",
        "三号楼路灯不亮",
        "二号楼路灯不亮",
    ]
    photo = Attachment.objects.get()
    assert Issue.objects.get(pk=photo.owner_key).description == "二号楼路灯不亮"

    page.evaluate(
        f"""() => ({DB})(JSON.parse(sessionStorage.getItem("copies")).map((record) => ({{ ...record,
             photos: record.photos.map((one) => ({{ ...one, bytes: new Uint8Array(one.bytes).buffer }})) }})))"""
    )
    page.reload()
    expect(page.locator("#messages")).to_contain_text("已上报 3 件")
    assert (Issue.objects.count(), Attachment.objects.count()) == (3, 1)
    assert kept(page) == []


def queue_one(page, text="一号楼路灯不亮"):
    """A report that waits: the network is away afterwards."""
    page.context.set_offline(True)
    write(page, text)
    report(page)
    expect(page.locator("[data-unsent-count]")).to_have_text("待发 1 件")
    expect(page.locator(".btn-report")).to_have_text("上报")  # the try is over: it stays in the queue


def test_with_a_network_three_taps_and_a_sentence_suffice(phone, live_cast):
    page = phone("/issues/new/", live_cast.leader)
    page.goto("/my-grid/")
    page.locator(".bottom-bar").get_by_text("上报").tap()
    page.locator("#id_description").fill("二单元门口路灯不亮")
    page.locator("#suggested label").first.tap()
    page.get_by_role("button", name="上报", exact=True).tap()
    page.wait_for_url(re.compile(r"/issues/SZ-"))
    expect(page.locator("#messages")).to_contain_text("已上报，编号 SZ-")
    issue = Issue.objects.get()
    assert (issue.grid, issue.category, issue.reporter) == (live_cast.g1, live_cast.lamp, live_cast.leader)
    assert kept(page) == []


def test_what_the_server_refuses_says_why_and_can_be_mended(phone, live_cast):
    page = phone("/issues/new/", live_cast.leader)
    queue_one(page, "楼道有一堆垃圾，路灯也不亮")
    IssueCategory.objects.filter(pk=live_cast.lamp.pk).update(is_active=False)
    page.context.set_offline(False)
    expect(page.locator(".unsent-item [role=alert]")).to_contain_text("没有这个分类")
    page.goto("/my-grid/")
    expect(page.locator(".unsent-item [role=alert]")).to_contain_text("没有这个分类")
    page.locator(".unsent-item").get_by_role("link", name="修改").tap()
    expect(page.locator(".field [data-queue-error]")).to_contain_text("没有这个分类")
    expect(page.locator("#id_description")).to_have_value("楼道有一堆垃圾，路灯也不亮")
    page.locator("#suggested label", has_text="垃圾堆积").tap()
    report(page)
    page.wait_for_url(re.compile(r"/issues/SZ-"))
    issue = Issue.objects.get()
    assert (issue.category, issue.description) == (live_cast.litter, "楼道有一堆垃圾，路灯也不亮")
    assert kept(page) == []


def test_what_looks_personal_is_confirmed_in_the_form_that_comes_back(phone, live_cast):
    page = phone("/issues/new/", live_cast.leader)
    write(page, "路灯不亮，杆上的电话13812345678")
    report(page)
    expect(page.locator("[data-queue-error]").first).to_contain_text("手机号")
    assert Issue.objects.count() == 0
    page.get_by_label("已核对，不是个人信息").check()
    report(page)
    page.wait_for_url(re.compile(r"/issues/SZ-"))
    assert Issue.objects.count() == 1


def test_an_unsent_report_is_deleted_after_one_question(phone, live_cast):
    page = phone("/issues/new/", live_cast.leader)
    queue_one(page)
    page.locator(".unsent summary").tap()
    page.locator(".unsent-item").get_by_role("button", name="删除").tap()
    expect(page.locator("#confirm-text")).to_contain_text("删除后不能恢复")
    page.locator("[data-confirm-yes]").tap()
    expect(page.locator("[data-unsent]")).to_be_hidden()
    assert kept(page) == []


def test_a_report_taken_back_to_mend_is_not_sent_meanwhile(phone, live_cast):
    page = phone("/issues/new/", live_cast.leader)
    queue_one(page)
    page.locator(".unsent summary").tap()
    page.locator(".unsent-item").get_by_role("link", name="修改").tap()
    expect(page.locator("#id_description")).to_have_value("一号楼路灯不亮")
    page.context.set_offline(False)
    page.locator("#id_description").fill("一号楼和二号楼路灯都不亮")
    expect(page.locator(".unsent-word")).to_contain_text("改好后点“上报”才会发送")
    assert Issue.objects.count() == 0
    report(page)
    page.wait_for_url(re.compile(r"/issues/SZ-"))
    assert Issue.objects.get().description == "一号楼和二号楼路灯都不亮"


def test_another_user_on_the_same_phone_sees_and_sends_nothing_of_it(phone, live_cast, sign_in):
    page = phone("/issues/new/", live_cast.leader)
    queue_one(page, "一号楼路灯不亮")
    page.locator("#id_description").fill("写了一半的草稿")
    page.wait_for_timeout(500)
    Session.objects.all().delete()  # before the network is back: what lies there would be sent at once
    page.context.set_offline(False)
    page.goto("/login/")
    assert "一号楼" not in page.content()
    sign_in_by_hand(page, live_cast.sibling_leader)
    page.wait_for_url("**/my-grid/")
    for path in ("/my-grid/", "/issues/new/"):
        page.goto(path)
        expect(page.locator("[data-unsent]")).to_be_hidden()
        assert "一号楼" not in page.content()
    expect(page.locator("form[data-queue-ready] #id_description")).to_have_value("")
    await_kit(page)
    assert str(live_cast.compound.code) not in page.evaluate("localStorage.getItem('portal-field-kit')")
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("h1")).to_have_text("没有网络")
    expect(page.locator("[data-unsent]")).to_be_hidden()
    expect(page.locator("#id_description")).to_have_value("")
    page.context.set_offline(False)
    assert Issue.objects.count() == 0
    assert {row[3] for row in kept(page)} == {live_cast.leader.pk}
    # Somebody of the office signs in: the phone without network is nobody's then.
    Session.objects.all().delete()
    page.goto("/login/")
    sign_in_by_hand(page, live_cast.secretary)
    page.wait_for_url(lambda url: "login" not in url)
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("[data-nobody]")).to_be_visible()
    expect(page.locator("[data-unsent]")).to_be_hidden()
    page.context.set_offline(False)
    # The first one again: everything is there and goes out.
    Session.objects.all().delete()
    page.goto("/login/?next=/issues/new/")
    sign_in_by_hand(page, live_cast.leader)
    expect(page.locator("#messages")).to_contain_text("已上报 1 件")
    expect(page.locator("#id_description")).to_have_value("写了一半的草稿")
    assert Issue.objects.get().reporter == live_cast.leader


def test_a_page_left_open_sends_nothing_in_another_name(phone, live_cast, sign_in):
    page = phone("/issues/new/", live_cast.leader)
    queue_one(page)
    cookie = sign_in(live_cast.sibling_leader).cookies["sessionid"]
    page.context.add_cookies(
        [{"name": "sessionid", "value": cookie.value, "url": page.url.removesuffix("issues/new/")}]
    )
    page.context.set_offline(False)
    expect(page.locator("[data-unsent-state]")).to_contain_text("另一个账号")
    assert Issue.objects.count() == 0


def test_the_browser_sends_in_the_background_what_waits(phone, live_cast):
    page = phone("/issues/new/", live_cast.leader)
    found = {}
    session = page.context.new_cdp_session(page)
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.update({row["scopeURL"]: row["registrationId"] for row in event["registrations"]}),
    )
    session.send("ServiceWorker.enable")
    page.wait_for_timeout(300)
    queue_one(page)
    scope = page.url.removesuffix("issues/new/")
    # No page sends: the worker alone does.
    page.evaluate("() => { window.portalSend = () => new Promise(() => {}); }")
    page.context.set_offline(False)
    tag = {"origin": scope.rstrip("/"), "registrationId": found[scope], "tag": "portal-field-send", "lastChance": True}
    session.send("ServiceWorker.dispatchSyncEvent", tag)
    expect(page.locator("#messages")).to_contain_text("已上报 1 件")
    expect(page.locator("[data-unsent]")).to_be_hidden()
    assert Issue.objects.get().description == "一号楼路灯不亮"


def test_signing_out_asks_about_unsent_reports(phone, live_cast):
    page = phone("/issues/new/", live_cast.leader)
    queue_one(page)
    # The network is there, but the server does not take reports for now.
    page.context.route("**/api/v1/field-session/", lambda route: route.abort())
    page.context.set_offline(False)
    page.locator(".user-menu summary").tap()
    page.get_by_role("button", name="退出登录").tap()
    expect(page.locator("#confirm-text")).to_contain_text("还有 1 件上报没有发送")
    page.locator("#confirm-dialog [data-dialog-close]").tap()
    page.locator(".user-menu summary").tap()
    if not page.get_by_role("button", name="退出登录").is_visible():
        page.locator(".user-menu summary").tap()
    page.get_by_role("button", name="退出登录").tap()
    page.locator("[data-confirm-yes]").tap()
    page.wait_for_url("**/login/")
    assert page.evaluate("localStorage.getItem('portal-field-kit')") is None
    assert page.evaluate("localStorage.getItem('portal-field-user')") is None
    assert len(kept(page)) == 1
    page.context.unroute("**/api/v1/field-session/")


def test_photos_that_did_not_arrive_follow_and_are_stored_once(phone, live_cast):
    page = phone("/issues/new/", live_cast.leader)
    answers = []

    def lose(route):
        if not answers:  # the photo arrives, its answer gets lost
            answers.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.context.route("**/attachments/", lose)
    write(page, "一号楼路灯不亮", photo=a_photo())
    report(page)
    page.wait_for_url(re.compile(r"/issues/SZ-"))
    expect(page.locator("[data-unsent]")).to_be_hidden()
    assert answers == [201]
    assert (Issue.objects.count(), Attachment.objects.count()) == (1, 1)


def without(name):
    """A script that takes ``name`` away from the page, as over plain HTTP or in a private window."""
    owner, _dot, key = name.rpartition(".")
    return f"Object.defineProperty({owner}, '{key}', {{ get: () => undefined }});"


def test_over_plain_http_the_page_itself_keeps_and_sends(portal, live_cast):
    page = portal.open("/healthz", live_cast.leader, **PHONE)
    page.context.add_init_script(without("Navigator.prototype.serviceWorker"))
    page.context.add_init_script("Object.defineProperty(window, 'isSecureContext', { get: () => false });")
    page.goto("/issues/new/")
    expect(page.locator("form[data-queue-ready]")).to_be_visible()
    page.locator("#id_description").fill("写了一半")
    page.reload()
    expect(page.locator("#id_description")).to_have_value("写了一半")
    queue_one(page)
    page.context.set_offline(False)
    expect(page.locator("#messages")).to_contain_text("已上报 1 件")
    assert Issue.objects.count() == 1
    assert page.evaluate("(await_ => caches.keys())().then(names => names.length)") == 0


def test_without_any_store_the_form_is_an_ordinary_one_with_a_draft(portal, live_cast):
    page = portal.open("/healthz", live_cast.leader, **PHONE)
    page.context.add_init_script(without("window.indexedDB"))
    page.goto("/issues/new/")
    page.locator("#id_description").fill("一号楼路灯不亮")
    page.reload()
    expect(page.locator("#id_description")).to_have_value("一号楼路灯不亮")
    page.locator("#suggested label").first.tap()
    report(page)
    page.wait_for_url(re.compile(r"/issues/SZ-"))
    assert Issue.objects.count() == 1


def test_the_worker_looks_after_the_whole_portal_and_keeps_no_data(phone, live_cast):
    make.make_issue(live_cast.leader, live_cast.building, live_cast.lamp, "只在服务器上的事件")
    page = phone("/issues/new/", live_cast.leader)
    scope = page.evaluate("navigator.serviceWorker.ready.then(found => found.scope)")
    assert scope == page.url.removesuffix("issues/new/")
    for path in ("/my-grid/", "/my-issues/?queue=open", "/issues/"):
        page.goto(path)
    kept_pages = page.evaluate(
        """() => caches.keys().then(names => Promise.all(names.map(name => caches.open(name).then(cache => cache.keys()
             .then(keys => Promise.all(keys.map(key => cache.match(key).then(answer => answer.text())
             .then(text => [new URL(key.url).pathname, text]))))))))"""
    )
    assert len(kept_pages) == 1
    assert {path for path, _text in kept_pages[0] if not path.startswith("/static/")} == {"/offline/"}
    texts = "".join(text for _path, text in kept_pages[0])
    for word in ("只在服务器上的事件", live_cast.leader.name, live_cast.g1.name, "csrfmiddlewaretoken"):
        assert word not in texts


def test_a_sign_leads_to_the_report_with_its_place(phone, live_cast):
    page = phone(f"/issues/new/?place={live_cast.building.code}", live_cast.leader)
    assert page.locator("#id_place").input_value() == live_cast.building.code
    page.locator("#id_description").fill("写了一半")
    page.wait_for_timeout(500)
    page.goto(f"/issues/new/?place={live_cast.compound.code}")
    expect(page.locator("#id_description")).to_have_value("写了一半")
    assert page.locator("#id_place").input_value() == live_cast.compound.code


WIRE_LIMIT = 150 * 1000


@pytest.mark.parametrize("path", ["/my-grid/", "/issues/new/", "detail"])
def test_the_first_load_of_the_phone_page_is_small(portal, live_cast, path):
    for _ in range(30):
        issue = make.make_issue(live_cast.leader, live_cast.building, live_cast.lamp, "楼前路灯不亮，夜里看不清路")
    page = portal.open("/healthz", live_cast.leader, **PHONE)
    bodies = {}
    page.context.on("response", lambda answer: bodies.setdefault(answer.url, answer))
    page.goto(issue.get_absolute_url() if path == "detail" else path, wait_until="networkidle")
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    sizes = {}
    for url, answer in list(bodies.items()):
        body = answer.body()
        # Static files are stored compressed; pages and answers are counted as they are.
        sizes[url] = len(gzip.compress(body, 9)) if "/static/" in url else len(body)
    assert len(sizes) > 8
    assert sum(sizes.values()) < WIRE_LIMIT, sorted(sizes.items(), key=lambda item: -item[1])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["/my-grid/", "/my-issues/?queue=mine", "/issues/new/", "detail", "offline"])
def test_pages_of_the_phone_fit_and_are_accessible(phone, live_cast, check_accessible, name, theme):
    issue = make.make_issue(live_cast.leader, live_cast.building, live_cast.litter, "楼道堆放杂物，影响通行")
    small = {"viewport": {"width": 360, "height": 740}, "color_scheme": theme}
    page = phone("/issues/new/", live_cast.leader, theme=theme, viewport=small["viewport"])
    page.context.route("**/api/v1/field-session/", lambda route: route.abort())
    write(page, "一号楼路灯不亮", photo=a_photo())
    report(page)
    expect(page.locator("[data-unsent-count]")).to_have_text("待发 1 件")
    if name == "offline":
        page.context.set_offline(True)
        page.reload()
        expect(page.locator("h1")).to_have_text("没有网络")
    else:
        page.goto(issue.get_absolute_url() if name == "detail" else name)
    expect(page.locator("[data-unsent]")).to_be_visible()
    page.locator(".unsent summary").tap()
    check_fits(page)
    check_accessible(page)
    page.evaluate("document.documentElement.classList.add('large')")
    check_fits(page)
    small_targets = page.locator("main a.btn:visible, main button:visible, .bottom-bar a:visible").evaluate_all(
        "all => all.filter(one => one.getBoundingClientRect().height < 43.5).map(one => one.outerHTML.slice(0, 90))"
    )
    assert small_targets == []


def test_the_next_step_stays_under_the_thumb_and_its_note_survives_the_network(phone, live_cast):
    issue = make.make_issue(live_cast.leader, live_cast.building, live_cast.litter, "楼道堆放杂物。" * 60)
    page = phone("/issues/new/", live_cast.leader)
    page.goto(issue.get_absolute_url())
    button = page.locator(".act-main .btn").first
    expect(button).to_be_in_viewport(ratio=1)
    box, bar = button.bounding_box(), page.locator(".bottom-bar").bounding_box()
    assert box["y"] + box["height"] <= bar["y"]
    story, facts = page.locator(".issue-story").bounding_box(), page.locator(".issue-now > dl").bounding_box()
    assert story["y"] < facts["y"], "the story first"
    act = page.locator("details.act", has=page.locator("textarea")).first
    act.locator("summary").tap()
    act.locator("textarea").fill("已联系物业，明天清运")
    page.context.set_offline(True)
    act.locator("form button").last.tap()
    expect(page.locator("#messages")).to_contain_text("没有网络，还没有办理")
    page.context.set_offline(False)
    page.reload()
    expect(act.locator("textarea")).to_be_visible()
    expect(act.locator("textarea")).to_have_value("已联系物业，明天清运")
    act.locator("form button").last.tap()
    expect(page.locator("#messages")).to_be_visible()
    assert issue.events.filter(note="已联系物业，明天清运").count() == 1
    assert "明天清运" not in page.evaluate("JSON.stringify(sessionStorage)")
