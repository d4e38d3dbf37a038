"""Run by ``test_tips`` over the confidential case of ``tests/core/tips`` in an app called ``scratch``."""

import pytest
from scratch.tips.models import Tip, Visit
from scratch.tips.workflow import TIPPING

from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.cases.waiting import waiting_for
from suzhou_portal.lib.registers import site
from suzhou_portal.notices.models import Notice, OutboxMessage
from suzhou_portal.notices.services import deliver_waiting
from tests import factories as make
from tests.contracts import test_secrecy
from tests.contracts.secrecy import Walk, check
from tests.contracts.walk import readable

WHAT, PERSON = "仓库里堆放烟花爆竹", "王秀兰兰"


def tip_of(cast, level, what=WHAT):
    values = {"community": cast.c1, "what": what, "person": PERSON, "level": level}
    return site["tips"].create(values, by=cast.officer)


def secret_walk(cast):
    tip = tip_of(cast, "secret")
    make.make_attachment(tip, cast.officer, "仓库照片.jpg")
    TIPPING.apply(tip, "confirm", by=cast.officer, inputs={"note": "已到仓库核实"})
    visit = {"street": cast.s1, "community": cast.c1, "tip": tip, "also": [tip], "note": "上门走访"}
    site["visits"].create(visit, by=cast.officer)
    tip.refresh_from_db()
    words = (tip.number, WHAT[:10], PERSON, "仓库照片", "已到仓库核实")
    return Walk(tip, words, knows=cast.officer, may_not=cast.secretary)


def test_it_is_there_for_who_may_know_and_nowhere_else(cast, sign_in):
    check(secret_walk(cast), cast.auditor, sign_in)


def test_nobody_of_another_place_knows_it_whatever_their_rights(cast, sign_in):
    tip = tip_of(cast, "secret")
    assert sign_in(cast.other_officer).get(tip.get_absolute_url()).status_code == 404
    assert sign_in(cast.district).get(tip.get_absolute_url()).status_code == 200
    # The right elsewhere opens nothing here.
    make.give_post(cast.secretary, "street_officer", cast.s2)
    assert sign_in(cast.secretary).get(tip.get_absolute_url()).status_code == 404


def test_an_open_row_of_the_same_kind_is_shown_as_ever(cast, sign_in):
    tip = tip_of(cast, "open", "楼道堆物")
    page = sign_in(cast.secretary).get(tip.get_absolute_url())
    assert "楼道堆物" in page.content.decode()
    auditor = sign_in(cast.auditor)
    assert "楼道堆物" in readable(auditor.get("/audit/"))
    assert "楼道堆物" in readable(auditor.get("/audit/export/csv/"))
    assert [row["entry"].object_label for row in auditor.get("/audit/", {"object": "楼道堆物"}).context["rows"]]


def test_waiting_lines_and_related_counts_leave_it_out(cast, sign_in):
    tip_of(cast, "secret"), tip_of(cast, "open")
    counts = {
        user: [line.count for line in waiting_for(user) if "线索" in line.text]
        for user in (cast.officer, cast.secretary)
    }
    assert counts == {cast.officer: ["2"], cast.secretary: ["1"]}


def test_messages_of_a_secret_row_go_to_who_may_know_and_say_nothing(cast):
    for level, told in (("open", {cast.officer, cast.secretary}), ("secret", {cast.officer})):
        Notice.objects.all().delete()
        OutboxMessage.objects.all().delete()
        tip = tip_of(cast, level)
        TIPPING.apply(tip, "confirm", by=cast.district)
        deliver_waiting()
        assert {notice.user for notice in Notice.objects.all()} == told
        assert {"属实" in title for title in OutboxMessage.objects.values_list("title", flat=True)} == {level == "open"}


def test_a_row_that_becomes_secret_before_delivery_is_told_to_no_other(cast):
    tip = tip_of(cast, "open")
    TIPPING.apply(tip, "confirm", by=cast.district)
    Tip.objects.filter(pk=tip.pk).update(level="secret")
    deliver_waiting()
    assert {notice.user for notice in Notice.objects.all()} == {cast.officer}


def test_the_history_of_a_row_that_names_it_leaves_it_unnamed(cast, sign_in):
    tip = tip_of(cast, "secret")
    visit = site["visits"].create({"street": cast.s1, "community": cast.c1, "note": "上门走访"}, by=cast.officer)
    site["visits"].update(visit, {"tip": tip}, by=cast.officer)
    address = site["visits"].url_of(visit)
    assert tip.number in readable(sign_in(cast.officer).get(address))
    page = readable(sign_in(cast.secretary).get(address))
    assert tip.number not in page
    assert "（范围外）" in page
    assert Visit.objects.get().tip == tip


def test_who_may_not_know_it_does_not_take_it_out_by_editing_what_names_it(cast, sign_in):
    secret, known = tip_of(cast, "secret"), tip_of(cast, "open", "楼道堆物")
    values = {"street": cast.s1, "community": cast.c1, "tip": secret, "also": [secret], "note": "上门走访"}
    visit = site["visits"].create(values, by=cast.officer)
    address, sent = (
        f"{site['visits'].url_of(visit)}edit/",
        {"community": cast.c1.code, "note": "再次走访", "version": 1},
    )
    answer = sign_in(cast.secretary).post(address, {**sent, "tip": "", "also": [known.number]})
    assert answer.status_code == 302, answer.content.decode()
    visit.refresh_from_db()
    assert (visit.tip, visit.note, set(visit.also.all())) == (secret, "再次走访", {secret, known})
    sign_in(cast.officer).post(address, {**sent, "version": 2, "tip": ""})
    visit.refresh_from_db()
    assert (visit.tip, set(visit.also.all())) == (None, set())


def test_the_trail_keeps_what_the_auditor_does_not_read(cast, sign_in):
    tip = tip_of(cast, "secret")
    entry = AuditEntry.objects.get(object_type="scratch.tip", action="tip.note")
    assert WHAT in entry.object_label
    page = readable(sign_in(cast.auditor).get(f"/audit/{entry.pk}/"))
    assert "（不公开）" in page
    assert str(cast.officer.name) in page
    assert tip.number not in page


def test_the_contract_asks_for_a_walk(cast, sign_in):
    with pytest.raises(AssertionError, match=r"scratch\.Tip: confidential, but walked by nobody"):
        test_secrecy.test_every_confidential_model_is_walked(cast, sign_in)
    test_secrecy.WALKS[Tip] = secret_walk
    try:
        test_secrecy.test_every_confidential_model_is_walked(cast, sign_in)
    finally:
        del test_secrecy.WALKS[Tip]
    test_secrecy.test_what_belongs_to_a_confidential_row_is_as_confidential()
