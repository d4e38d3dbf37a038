"""Telephones of former leaders are erased some calendar months after their term."""

import pytest
from dateutil.relativedelta import relativedelta
from django.utils import timezone

from grids.changes.services import change_leader
from grids.places.models import GridPost
from grids.rosters.erasing import erase_telephones
from grids.rosters.parameters import TELEPHONE_MONTHS
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.time.sweeps import sweep
from suzhou_portal.rules.models import Parameter
from tests.grids.rosters.made import term

pytestmark = pytest.mark.dialect
PHONE = "13900000001"


def ended(cast, grid, **before):
    post = term(grid, "王秀兰", telephone=PHONE)
    change_leader(grid, name="李建国", telephone="13900000002", reason=f"原电话 {PHONE}", by=cast.secretary)
    GridPost.objects.filter(pk=post.pk).update(ends=timezone.localdate() - relativedelta(**before))
    post.refresh_from_db()
    return post


def test_it_goes_after_six_calendar_months_and_no_day_sooner(cast):
    post = ended(cast, cast.g1, months=6, days=-1)
    assert erase_telephones() == 0
    GridPost.objects.filter(pk=post.pk).update(ends=timezone.localdate() - relativedelta(months=6, days=1))
    assert sweep() >= 1
    post.refresh_from_db()
    assert (post.name, post.telephone) == ("王秀兰", "")
    assert PHONE not in str(
        list(
            AuditEntry.objects.filter(object_type="grids.gridpost", object_id=str(post.pk)).values("changes", "reason")
        )
    )
    assert AuditEntry.objects.filter(action="gridpost.erasure").count() == 1
    assert erase_telephones() == 0


def test_whoever_is_in_office_keeps_theirs_and_the_district_sets_the_months(cast):
    post = ended(cast, cast.g1, months=2)
    Parameter.objects.update_or_create(code=TELEPHONE_MONTHS, defaults={"value": 1})
    assert erase_telephones() == 1
    assert GridPost.objects.get(ends=None).telephone == "13900000002"
    post.refresh_from_db()
    assert post.telephone == ""
