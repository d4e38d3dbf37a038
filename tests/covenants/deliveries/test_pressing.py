"""催办: the community presses for promises that are overdue, once a day."""

import pytest

from covenants.agreements.workflow import WORKFLOW
from suzhou_portal.lib.rows.records import ActionForbidden, ActionNotPossible
from suzhou_portal.notices.models import OutboxMessage
from tests.covenants import made

pytestmark = pytest.mark.dialect


def late(cast, days=-3):
    return made.signed(cast, made.some_terms(made.task(due=days), made.task("t2", due=20)))


def test_the_community_presses_and_the_unit_hears_what_is_owed(cast, sign_in):
    covenant, client = late(cast), sign_in(cast.secretary)
    assert "催办" in client.get(covenant.get_absolute_url()).content.decode()
    WORKFLOW.apply(covenant, "press", by=cast.secretary, inputs={"note": "请本周内办完"})
    message = OutboxMessage.objects.get(title__contains="催办")
    assert message.title == f"{covenant.number} 催办：1 项约定事项超期未履约，最早 {made.day(-3):%m-%d} 到期，请履约"
    assert (message.kind, message.audience["organisation"]) == ("supervision", cast.unit_org.pk)
    assert "请本周内办完" in client.get(covenant.get_absolute_url()).content.decode(), "the story keeps it"


def test_not_twice_a_day_and_not_for_what_is_in_time(cast, sign_in):
    covenant = WORKFLOW.apply(late(cast), "press", by=cast.secretary)
    with pytest.raises(ActionNotPossible, match="今日已催办"):
        WORKFLOW.apply(covenant, "press", by=cast.secretary)
    other = late(cast, days=3)
    with pytest.raises(ActionNotPossible, match="没有超期"):
        WORKFLOW.apply(other, "press", by=cast.secretary)
    assert ">催办<" not in sign_in(cast.secretary).get(other.get_absolute_url()).content.decode()


def test_the_unit_does_not_press_itself(cast):
    with pytest.raises(ActionForbidden):
        WORKFLOW.apply(late(cast), "press", by=cast.liaison)
