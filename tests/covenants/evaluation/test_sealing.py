"""A sealed evaluation is read by nobody but its own side: on no page, in no answer, file, history or search."""

import json

import pytest

from covenants.agreements.models import Covenant
from covenants.agreements.workflow import WORKFLOW
from covenants.deliveries.models import Commitment
from covenants.evaluation.models import Evaluation
from covenants.evaluation.reference import load_rubrics
from covenants.evaluation.services import close_evaluations
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.notices.models import OutboxMessage
from tests.contracts.walk import readable
from tests.covenants import made

SECRET = "密封评语甲"
SCORES = [27, 26, 19, 17]  # of the unit; 89 together
TOTAL = str(sum(SCORES))


@pytest.fixture
def sealed(cast) -> Covenant:
    """The unit has scored, the community has not."""
    load_rubrics()
    covenant = made.signed(cast, made.some_terms(made.task(quantity="1")))
    made.deliver(cast, Commitment.objects.get(), quantity=1)
    covenant = WORKFLOW.apply(covenant, "begin_evaluation", by=cast.secretary)
    return WORKFLOW.apply(covenant, "evaluate", by=cast.liaison, inputs={"scores": SCORES, "comment": SECRET})


def surfaces(covenant, evaluation):
    """Every address that could tell of the evaluation."""
    number, key = covenant.number, evaluation.pk
    for query in ("", f"?q={SECRET}", "?side=unit", f"?covenant={number}", "?sort=-total"):
        yield f"/covenants/evaluations/{query}"
        yield f"/covenants/evaluations/export/{query}"
        yield f"/covenants/evaluations/export/{query or '?q='}&format=csv"
    for query in ("", f"?q={SECRET}", f"?q={number}"):
        yield f"/covenants/covenants/{query}"
        yield f"/covenants/covenants/export/{query}"
        yield f"/api/v1/covenants/{query}"
        yield f"/api/v1/evaluations/{query}"
    yield from (covenant.get_absolute_url(), f"/covenants/evaluations/{key}/")
    yield from (f"/api/v1/covenants/{number}/", f"/api/v1/evaluations/{key}/")
    yield from (f"/covenants/evaluations/choices/covenant/?q={number}", "/", "/inbox/")
    yield from (f"{covenant.get_absolute_url()}documents/agreement/", "/dashboard/")


@pytest.mark.parametrize("who", ["secretary", "officer", "district", "sibling", "department", "leader", "auditor"])
def test_nobody_else_reads_what_is_sealed(cast, sign_in, sealed, who):
    client, evaluation = sign_in(getattr(cast, who)), Evaluation.objects.get()
    for address in surfaces(sealed, evaluation):
        answer = client.get(address)
        text = readable(answer)
        assert answer.status_code in {200, 302, 400, 403, 404}, address
        assert SECRET not in text.replace(f"q={SECRET}", "").replace(f'value="{SECRET}"', "").replace(
            f"搜索：{SECRET}", ""
        ), address
        if "/evaluations/" in address or address == sealed.get_absolute_url():
            assert f"{TOTAL} 分" not in text, address
            assert f">{TOTAL}<" not in text, address


def test_sorting_and_searching_find_nothing_sealed(cast, sign_in, sealed):
    for who in (cast.secretary, cast.district):
        client = sign_in(who)
        assert client.get(f"/api/v1/evaluations/?q={SECRET}").json()["results"] == []
        assert client.get("/api/v1/evaluations/").json()["results"] == []
        assert client.get(f"/covenants/evaluations/{Evaluation.objects.get().pk}/").status_code == 404


def test_the_own_side_reads_its_own(cast, sign_in, sealed):
    client = sign_in(cast.liaison)
    page = readable(client.get(sealed.get_absolute_url()))
    assert SECRET in page
    assert f"{TOTAL} 分" in page
    (row,) = client.get("/api/v1/evaluations/").json()["results"]
    assert row["total"] == sum(SCORES)
    assert client.get(f"/api/v1/covenants/{sealed.number}/").json()["evaluations"][0]["scores"] == SCORES


def test_the_other_side_learns_that_it_was_handed_in(cast, sign_in, sealed):
    client = sign_in(cast.secretary)
    assert "第一中学已提交评约" in readable(client.get(sealed.get_absolute_url()))
    answer = client.get(f"/api/v1/covenants/{sealed.number}/").json()
    assert (answer["evaluated"], answer["evaluations"]) == (["unit"], [])


def test_the_trail_and_the_notices_hold_neither_scores_nor_words(cast, sealed):
    kept = json.dumps(
        [
            *AuditEntry.objects.values_list("action", "changes", "reason", "object_label"),
            *OutboxMessage.objects.values_list("title", "audience"),
            *sealed.events.values_list("action", "note"),
        ],
        ensure_ascii=False,
        default=str,
    )
    assert SECRET not in kept
    assert json.dumps(SCORES) not in kept
    assert not AuditEntry.objects.filter(object_type="covenants.evaluation").exists()


def test_the_auditors_pages_hold_neither_scores_nor_words(cast, sign_in, sealed):
    client = sign_in(cast.auditor)
    for query in ("", f"?q={SECRET}", f"?q={sealed.number}"):
        text = readable(client.get(f"/audit/{query}"))
        assert SECRET not in text.replace(f'value="{SECRET}"', "").replace(f"q={SECRET}", "")
    for entry in AuditEntry.objects.filter(object_type="covenants.covenant"):
        assert SECRET not in readable(client.get(f"/audit/{entry.pk}/"))


@pytest.mark.parametrize("how", ["both", "time"])
def test_then_both_read_both(cast, sign_in, sealed, how):
    if how == "both":
        WORKFLOW.apply(sealed, "evaluate", by=cast.secretary, inputs={"scores": [40, 25, 20, 15], "comment": "好"})
    else:
        Covenant.objects.update(evaluate_until=made.day(-1))
        assert close_evaluations() == 1
    for who in (cast.secretary, cast.liaison, cast.district):
        client = sign_in(who)
        assert SECRET in readable(client.get(sealed.get_absolute_url()))
        assert len(client.get("/api/v1/evaluations/").json()["results"]) == (2 if how == "both" else 1)


def test_a_repeated_answer_tells_no_more(cast, sign_in, sealed):
    """The first answer to an idempotency key is the sender's own: the other side's key gives it nothing."""
    client = sign_in(cast.secretary)
    address = f"/api/v1/covenants/{sealed.number}/actions/evaluate/"
    answer = client.post(
        address, json.dumps({"scores": [1]}), content_type="application/json", headers={"Idempotency-Key": "same"}
    )
    assert answer.status_code == 400
    assert SECRET not in readable(answer)
