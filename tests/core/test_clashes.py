"""What the database refuses is told in the words of the constraint, on both databases."""

import pytest
from django.db import IntegrityError, transaction

from suzhou_portal.accounts.models import Assignment, SavedFilter, User
from suzhou_portal.accounts.roles import Role
from suzhou_portal.lib.rows.clashes import CONFLICT, broken

pytestmark = pytest.mark.dialect


def refused(model, **values):
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        model.objects.create(**values)
    return caught.value


def test_a_broken_unique_constraint_has_its_words(cast):
    same = {"user": cast.secretary, "page": "issues", "name": "我的"}
    SavedFilter.objects.create(**same)
    error = refused(SavedFilter, **same)
    assert broken(error, SavedFilter) == "已有同名的常用筛选。"
    assert broken(error, User) == ""


def test_a_broken_check_has_its_words(cast):
    dates = {"starts": "2026-05-02", "ends": "2026-05-01"}
    error = refused(Assignment, user=cast.nobody, role=Role.DISTRICT, **dates)
    assert broken(error, Assignment) == "任职止不能早于任职起。"


def test_a_constraint_without_words_of_its_own_is_a_conflict(cast):
    entry = {"user": cast.secretary, "key": "theme"}
    model = type(cast.secretary).preferences.rel.related_model
    model.objects.create(**entry)
    assert broken(refused(model, **entry), model) == CONFLICT
