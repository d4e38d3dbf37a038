"""The reporter's contact in a real browser: entered, revealed with a reason, seen by the auditor, erased."""

import re

from dateutil.relativedelta import relativedelta
from django.utils import timezone
from playwright.sync_api import expect

from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.reporters import erasure
from grids.reporters.models import Contact, ReporterContact
from suzhou_portal.audit.models import AuditEntry
from tests import factories as make
from tests.e2e.conftest import check_fits

NAME, PHONE = "欧阳询问", "13800001234"


def enter(page):
    """Log an issue with a contact, by hand."""
    page.locator("#id_description").fill("3号楼前路灯不亮，夜里看不清路")
    page.locator("#suggested label").first.click()
    page.locator("details.more summary").click()
    page.locator("#id_contact_name").fill(NAME)
    page.locator("#id_contact_phone").fill("138 0000 1234")


def test_a_reveal_of_a_contact_shows_in_the_audit_page(portal, live_cast, check_accessible):
    page = portal.open("/issues/new/", live_cast.secretary)
    enter(page)
    page.locator(".btn-report").click()
    page.wait_for_url(re.compile(r"/issues/SZ-\d{4}-\d+/"))
    issue = Issue.objects.get()
    box = page.locator("#contact")
    expect(box).to_contain_text("欧** 138****1234")
    box.get_by_text("查看联系方式").click()
    check_accessible(page)
    box.get_by_role("button", name="查看，并记入审计").click()
    expect(box).to_contain_text("请选择查看原因")
    expect(box).not_to_contain_text(PHONE)
    box.get_by_label("回访核实").check()
    box.get_by_label("说明").fill("问问修好没有")
    box.get_by_role("button", name="查看，并记入审计").click()
    expect(box).to_contain_text(NAME)
    expect(box.get_by_role("link", name=PHONE)).to_have_attribute("href", f"tel:{PHONE}")
    check_accessible(page)
    page.reload()
    expect(box).to_contain_text("欧** 138****1234")
    expect(box).not_to_contain_text(PHONE)

    auditor = portal.open("/audit/", live_cast.auditor)
    row = auditor.locator("tbody tr", has_text="查看反映人联系方式")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(issue.number)
    expect(row).to_contain_text(live_cast.secretary.name)
    row.get_by_role("link").first.click()
    expect(auditor.locator("main")).to_contain_text("回访核实：问问修好没有")
    expect(auditor.locator("body")).not_to_contain_text(PHONE)


def test_no_draft_keeps_a_contact(portal, live_cast):
    page = portal.open("/issues/new/", live_cast.secretary)
    enter(page)
    kept = page.locator("html").evaluate("() => JSON.stringify(sessionStorage) + JSON.stringify(localStorage)")
    assert "路灯不亮" in kept
    assert NAME not in kept
    assert "0000 1234" not in kept
    page.reload()
    expect(page.locator("#id_contact_phone")).to_have_value("")


def test_it_works_without_script(portal, live_cast):
    issue = make.make_issue(live_cast.secretary, live_cast.compound, live_cast.lamp, contact=Contact(NAME, PHONE))
    page = portal.open(f"/issues/{issue.number}/", live_cast.officer, java_script_enabled=False)
    page.locator("#contact").get_by_text("查看联系方式").click()
    page.get_by_label("了解情况").check()
    page.get_by_role("button", name="查看，并记入审计").click()
    expect(page.locator("#contact")).to_contain_text(PHONE)
    page.goto(f"/issues/{issue.number}/")
    expect(page.locator("#contact")).not_to_contain_text(PHONE)


def test_it_is_replaced_and_removed_on_a_phone(portal, live_cast):
    issue = make.make_issue(live_cast.secretary, live_cast.compound, live_cast.lamp, contact=Contact(NAME, PHONE))
    page = portal.open(f"/issues/{issue.number}/", live_cast.secretary, size="phone")
    check_fits(page)
    page.get_by_text("更正或删除").click()
    check_fits(page)
    page.locator("#id_contact_name").fill("李先生")
    page.get_by_role("button", name="替换联系方式").click()
    expect(page.locator("#contact")).to_contain_text("李**")
    page.get_by_text("更正或删除").click()
    page.get_by_role("button", name="反映人要求删除").click()
    page.get_by_role("button", name="删除联系方式").click()
    expect(page.locator("#contact")).to_contain_text("联系方式已清除")
    assert ReporterContact.objects.get().phone == ""
    assert list(AuditEntry.objects.filter(action__startswith="contact.").values_list("action", flat=True)) == [
        "contact.remove",
        "contact.replace",
        "contact.add",
    ]


def test_the_administrator_sees_what_comes_next_and_what_was_done(portal, live_cast, check_accessible):
    issue = make.make_issue(live_cast.secretary, live_cast.compound, live_cast.lamp, contact=Contact(NAME, PHONE))
    for action, inputs in (("take", {}), ("answer", {"note": "好了"}), ("close", {})):
        WORKFLOW.apply(issue, action, by=live_cast.secretary, inputs=inputs)
    Issue.objects.filter(pk=issue.pk).update(closed_at=timezone.now() - relativedelta(months=7))
    for size, theme in (("desk", "light"), ("phone", "dark")):
        page = portal.open("/contacts/erasure/", live_cast.system, size=size, theme=theme)
        expect(page.locator("main")).to_contain_text(live_cast.c1.name)
        check_fits(page)
        check_accessible(page)
    erasure.erase_due()
    page.reload()
    expect(page.locator("main")).to_contain_text("没有到期的联系方式")
    expect(page.locator("main tbody tr")).to_have_count(1)
    check_accessible(page)
