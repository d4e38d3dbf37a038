"""Numbers that the district may change."""

import pytest

from grids.supervision.parameters import CLIMB_GRACE
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.rules.models import Parameter
from suzhou_portal.rules.parameters import DECLARED, declare, parameter, store_missing

pytestmark = pytest.mark.dialect


def test_every_declared_parameter_has_its_row_and_keeps_the_value_that_it_was_given(cast):
    assert set(Parameter.objects.values_list("code", flat=True)) == set(DECLARED)
    Parameter.objects.filter(code=CLIMB_GRACE).update(value=11)
    store_missing()
    assert Parameter.objects.get(code=CLIMB_GRACE).value == 11


def test_a_changed_value_counts_at_once_and_is_on_record(cast, sign_in):
    assert parameter(CLIMB_GRACE) == DECLARED[CLIMB_GRACE].default
    page = f"/rules/parameters/{CLIMB_GRACE}/"
    row = Parameter.objects.get(code=CLIMB_GRACE)
    answer = sign_in(cast.district).post(f"{page}edit/", {"value": "14", "version": row.version})
    assert answer.status_code == 302
    assert parameter(CLIMB_GRACE) == 14
    assert AuditEntry.objects.filter(object_type="rules.parameter", actor=cast.district).exists()
    assert "平台默认值" in sign_in(cast.district).get("/rules/parameters/").content.decode()


def test_a_value_out_of_bounds_is_refused_beside_its_field(cast, sign_in):
    row = Parameter.objects.get(code=CLIMB_GRACE)
    answer = sign_in(cast.district).post(f"/rules/parameters/{row.code}/edit/", {"value": "999", "version": 1})
    assert answer.status_code == 422
    assert "请填写 0 至 140 之间的整数。" in answer.content.decode()


def test_nobody_adds_parameters_and_others_do_not_change_them(cast, sign_in):
    assert sign_in(cast.district).get("/rules/parameters/new/").status_code == 404
    assert sign_in(cast.secretary).post(f"/rules/parameters/{CLIMB_GRACE}/edit/", {"value": "1"}).status_code == 403


def test_a_code_is_declared_once():
    known = DECLARED[CLIMB_GRACE]
    with pytest.raises(ValueError):
        declare(known.code, "别的", default=1, unit="天", maximum=2)
