"""What reaches across: disputes and issues, disputes and grids that change, an undone roster and sign-ins."""

import io

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from docx import Document

from grids.changes import services as grid_changes
from grids.checklists.models import PatrolChecklist
from grids.checklists.services import publish
from grids.five_ones.models import FiveOne, FiveOneRecord
from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.mediation.models import Mediation
from grids.patrols.services import start_patrol
from grids.places.models import Grid, GridPost
from grids.reporters import erasure
from grids.reporters.models import Contact
from grids.reporters.services import remove_contact
from grids.rosters.models import RosterImport
from grids.rosters.workflow import IMPORTED
from suzhou_portal.accounts.models import Assignment
from suzhou_portal.accounts.roles import Role
from suzhou_portal.audit.trail import ERASED
from suzhou_portal.notices.models import OutboxMessage
from tests import factories as make
from tests.api.conftest import api  # noqa: F401 -- a fixture
from tests.grids.mediation.made import dispute, ended, kind, take
from tests.grids.reporters.test_contacts import everything_stored
from tests.grids.reporters.test_erasure import NAME, PHONE, closed, later
from tests.grids.rosters.made import confirm, row, term, terms, upload
from tests.grids.rounds.test_patrols import CONTENT
from tests.registers.test_files import sheets

GIVEN = {"party_a": "resident", "party_b": "property"}


def given_to_mediation(cast, issue, note):
    inputs = {"dispute_kind": kind().code, **GIVEN, "note": note}
    WORKFLOW.apply(issue, "to_mediation", by=cast.secretary, inputs=inputs)
    return Mediation.objects.get()


# --- disputes and issues ------------------------------------------------------------------------


def test_whoever_an_issue_is_sent_to_does_not_read_what_the_dispute_is_about(cast, sign_in):
    issue = make.make_issue(cast.secretary, cast.compound, cast.litter)
    dispute_of = given_to_mediation(cast, issue, "甲方称乙方收费不公")
    issue.refresh_from_db()
    WORKFLOW.apply(issue, "dispatch", by=cast.officer, inputs={"organisation": cast.law.pk})
    client = sign_in(cast.department)
    for address in (f"/issues/{issue.number}/", f"/api/v1/issues/{issue.number}/", "/api/v1/issues/?q=收费不公"):
        assert "收费不公" not in client.get(address).content.decode().replace("q=收费不公", "")
    assert dispute_of.summary == "甲方称乙方收费不公"
    assert "收费不公" in sign_in(cast.secretary).get(dispute_of.get_absolute_url()).content.decode()


def contact_in_a_dispute(cast):
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp, contact=Contact(NAME, PHONE))
    told = take(given_to_mediation(cast, issue, f"{NAME}与乙方争执"), cast.secretary, "accept")
    confirmed = {"not_personal": "on", "said": f"{NAME}让步，电话{PHONE}", "next_step": f"再约{NAME}"}
    take(told, cast.secretary, "session", **confirmed)
    issue.refresh_from_db()
    return issue


def test_a_contact_is_erased_from_the_dispute_that_came_of_the_issue_too(cast):
    closed(cast, contact_in_a_dispute(cast))
    assert NAME in everything_stored()
    erasure.erase_due(later())
    stored = everything_stored()
    assert NAME not in stored
    assert PHONE not in stored
    told = Mediation.objects.get()
    assert told.summary == f"{ERASED}与乙方争执"
    assert told.sessions.get().said == f"{ERASED}让步，电话{ERASED}"


def test_a_contact_that_is_taken_out_leaves_the_dispute(cast):
    issue = contact_in_a_dispute(cast)
    remove_contact(issue, by=cast.secretary)
    assert NAME not in everything_stored()


@pytest.mark.parametrize("invisible", ["\u200b", "\u202e", "\ufeff", "\u2060"])
def test_characters_that_nobody_sees_make_no_other_person(cast, sign_in, invisible):
    term(cast.g1)
    preview = upload(sign_in(cast.secretary), row(cast.g1, f"{invisible}王秀{invisible}兰"), place=cast.c1.code)
    assert preview.context["counts"]["same"] == 1
    assert preview.context["counts"]["replace"] == 0


# --- disputes and grids -------------------------------------------------------------------------


def test_a_dispute_opened_again_lies_where_its_grid_has_gone(cast, sign_in):
    over = ended(cast.secretary, cast.compound)
    grid_changes.transfer(cast.g1, community=cast.c2, by=cast.officer)
    again = take(over, cast.secretary, "reopen")
    assert again.grid.in_force
    assert again.community == cast.c2
    assert again.events.order_by("id").last().action == "move"
    assert sign_in(cast.sibling).get(again.get_absolute_url()).status_code == 200
    assert sign_in(cast.secretary).get(again.get_absolute_url()).status_code == 404
    told = OutboxMessage.objects.filter(title__contains="重开调处").latest("pk")
    assert str(cast.c2.pk) in str(told.__dict__)
    take(again, cast.sibling, "session", roles=["mediator"])


def test_whoever_opens_a_dispute_again_that_goes_elsewhere_gets_an_answer(cast, sign_in, api):  # noqa: F811
    by_page, by_program = (ended(cast.secretary, make.make_grid(cast.c1, number)) for number in (5, 6))
    for over in (by_page, by_program):
        grid_changes.transfer(over.grid, community=cast.c2, by=cast.officer)
    sent = {"version": by_page.version, "note": "又起争执"}
    client = sign_in(cast.secretary)
    answer = client.post(f"{by_page.get_absolute_url()}act/reopen/", sent, follow=True)
    assert answer.status_code == 200
    assert by_page.number in answer.content.decode()
    answer = api(cast.secretary).post(f"mediations/{by_program.number}/actions/reopen/", {"note": "又起争执"})
    assert answer.status_code == 200


def test_a_grid_with_a_dispute_that_has_not_ended_is_not_closed(cast):
    dispute(cast.secretary, cast.building)
    with pytest.raises(ValidationError, match="1 件调处尚未结束"):
        grid_changes.dissolve(cast.building, by=cast.officer)


def test_no_part_of_a_split_is_dropped_in_silence(cast, api):  # noqa: F811
    told = {"version": cast.compound.version, "reason": "人口增长", "parts": [{"name": f"{n}区"} for n in range(7)]}
    before = Grid.objects.count()
    answer = api(cast.secretary).post(f"grids/{cast.compound.code}/actions/split/", told)
    assert answer.status_code == 400
    assert any(name.startswith("parts") for name in answer.json()["errors"])
    assert Grid.objects.count() == before


# --- rosters ------------------------------------------------------------------------------------


def test_undoing_a_roster_ends_the_sign_in_that_was_made_for_the_new_leader(cast, sign_in):
    deputy = make.make_user("deputy", name="赵敏")
    make.give_post(deputy, Role.GRID, cast.g1)
    Assignment.objects.filter(user=deputy).update(starts=make.LONG_AGO)
    term(cast.g1)
    before = terms()
    client = sign_in(cast.secretary)
    confirm(client, upload(client, row(cast.g1, "赵敏"), place=cast.c1.code, effective=str(timezone.localdate())))
    new = make.make_user("zhaomin", name="赵敏")
    make.give_post(new, Role.GRID, cast.g1)
    Assignment.objects.filter(user=new).update(starts=timezone.localdate())
    IMPORTED.apply(RosterImport.objects.get(), "undo", by=cast.secretary)
    assert terms() == before
    held = Assignment.objects.filter(grid=cast.g1)
    assert held.get(user=new).ends == timezone.localdate()
    assert held.get(user=deputy).ends is None
    told = OutboxMessage.objects.filter(title__contains="名册导入已撤销").get()
    assert "1 个账号" in told.title


@pytest.mark.parametrize(
    "wrong",
    [
        {"telephone": "622102199001011233"},
        {"telephone": "6222021234567890128"},
        {"name": "张三11010519491231002X"},
        {"name": "张三13912345678"},
    ],
)
def test_no_surface_takes_a_card_number_for_a_telephone_or_a_number_in_a_name(cast, api, sign_in, wrong):  # noqa: F811
    told = {"grid": cast.g1.code, "kind": "leader", "name": "张三", "telephone": "", **wrong, "not_personal": True}
    answer = api(cast.secretary).post("grid-posts/", told)
    assert answer.status_code == 400
    assert set(wrong) <= set(answer.json()["errors"])
    form = {**told, "grid": cast.g1.pk, "starts": str(timezone.localdate()), "not_personal": "on"}
    assert sign_in(cast.secretary).post("/grids/grid-posts/new/", form).status_code in (200, 422)
    present = term(cast.compound, "李建国")
    change = api(cast.secretary).patch(
        f"grid-posts/{present.pk}/", {"version": present.version, **wrong, "not_personal": True}
    )
    assert change.status_code == 400
    assert list(GridPost.objects.values_list("name", "telephone")) == [("李建国", "")]


def test_leaders_are_named_to_those_alone_who_see_rosters(cast, sign_in):
    term(cast.g1, "李大山")
    term(cast.compound, "王小川")
    pages = ("/grids/grids/", "/api/v1/grids/", f"/grids/grids/{cast.g1.code}/", "/grids/coverage/gaps/?missing=branch")
    for user, may in ((cast.secretary, True), (cast.security, False), (cast.system, False)):
        for address in pages:
            body = sign_in(user).get(address).content.decode()
            assert cast.g1.code in body
            assert ("李大山" in body or "王小川" in body) is may, (user, address)
    for user, may in ((cast.secretary, True), (cast.security, False)):
        cells = {cell for line in sheets(sign_in(user).get("/grids/grids/export/?format=xlsx")) for cell in line}
        assert ("李大山" in cells) is may


# --- answers and papers -------------------------------------------------------------------------


def test_what_is_not_there_is_null_in_an_answer(cast, api):  # noqa: F811
    publish(PatrolChecklist(starts=make.LONG_AGO, content=CONTENT), by=cast.district)
    number = start_patrol(cast.area, by=cast.area_leader).number
    told = {"patrol": number, "grid": cast.g1.code, "item": 1, "description": "纸箱"}
    client = api(cast.area_leader)
    fixed = client.post("patrol-findings/", {**told, "handling": "on_spot", "remedy": "已清"}).json()
    handed = client.post("patrol-findings/", {**told, "handling": "handed"}).json()
    assert fixed["issue"] is None
    assert handed["issue"] == Issue.objects.get().number


def test_the_papers_of_a_mediation_ask_for_no_identity_card(cast, sign_in):
    done = ended(cast.secretary, cast.g1, party_c="owners")
    client = sign_in(cast.secretary)
    for code in ("registration", "record", "agreement"):
        address = f"{done.get_absolute_url()}documents/{code}/"
        data = b"".join(client.get(f"{address}docx/").streaming_content)
        document = Document(io.BytesIO(data))
        cells = [cell.text for table in document.tables for line in table.rows for cell in line.cells]
        words = "".join([*(part.text for part in document.paragraphs), *cells, client.get(address).content.decode()])
        for asked in ("证件", "身份证", "出生"):
            assert asked not in words


def test_evidence_of_a_slot_goes_on_through_several_changes_of_the_grid(cast, sign_in):
    slot = make.saved(FiveOne(code="Z1", name="活动室", starts=make.LONG_AGO))
    places = {"grid": cast.g1, "community": cast.c1, "street": cast.s1}
    photo = make.make_attachment(make.saved(FiveOneRecord(slot=slot, **places)), cast.secretary)
    grid = cast.g1
    for community, user in ((cast.c2, cast.officer), (cast.c3, cast.district)):
        grid = grid_changes.transfer(grid, community=community, by=user).successors[0]
        record = FiveOneRecord.objects.get(grid=grid)
        keeper = cast.sibling if community == cast.c2 else make.make_user("community.3", Role.COMMUNITY, community)
        client = sign_in(keeper)
        assert f"/files/{photo.pk}/" in client.get(record.get_absolute_url()).content.decode()
        assert client.get(f"/files/{photo.pk}/").status_code == 200
    assert sign_in(cast.other_officer).get(f"/files/{photo.pk}/").status_code == 200
    assert sign_in(cast.sibling_leader).get(f"/files/{photo.pk}/").status_code == 404
