"""Every writable relation, every filter and every workflow input refuses rows of another place."""

import pytest
from django import forms

from communities.directory.models import Community
from covenants.evaluation.models import Rubric
from grids.categories.models import IssueCategory
from grids.five_ones.models import FiveOne
from grids.issues.models import Issue
from grids.issues.workflow import WORKFLOW
from grids.lists.filters import IssueFilter
from grids.mediation.models import DisputeKind
from grids.places.models import Area, Grid
from streets.hub.models import Street
from streets.organisations.models import Organisation
from suzhou_portal.accounts.models import User
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.rows.scope import DistrictRule
from tests import factories as make

# The same for everybody, or for the security administrator of the whole district alone.
UNSCOPED = {DisputeKind, FiveOne, IssueCategory, Rubric, User}


def relations(register):
    """The names of the form fields of ``register`` that point to scoped rows."""
    for name in register.fields:
        field = register.model._meta.get_field(name)
        if field.related_model and field.related_model not in UNSCOPED:
            yield name, field.related_model


# Rows of the whole district (posts) are edited by the security administrator, who reaches every place.
WRITABLE = [
    (register.name, name)
    for register in site.registers
    if register.edit_verb and not isinstance(register.model.scope_rule, DistrictRule)
    for name, _model in relations(register)
]


@pytest.fixture
def foreign(cast):
    """A row of each kind in street 2, and one who may not reach it: the officer of street 1."""
    return {
        Street: cast.s2,
        Community: cast.c3,
        Grid: cast.g3,
        Area: make.make_area(cast.s2, 1, cast.g3),
        Organisation: cast.foreign_unit,
    }


def test_the_walk_reaches_the_relations_that_there_are():
    assert {("grids", "community"), ("grid-posts", "grid"), ("areas", "grids"), ("organisations", "street")} <= set(
        WRITABLE
    )


@pytest.mark.parametrize(("register_name", "field"), WRITABLE)
def test_a_form_refuses_a_foreign_row_beside_its_field(cast, foreign, register_name, field):
    register = site[register_name]
    model = register.model._meta.get_field(field).related_model
    row = foreign[model]
    for user in (cast.officer, cast.secretary, cast.leader):
        assert not register.form_choices(field, user).filter(pk=row.pk).exists()
        value = str(getattr(row, register.key_of(model)))
        form = register.form(user, {field: [value] if register.model._meta.get_field(field).many_to_many else value})
        assert not form.is_valid()
        assert field in form.errors


def test_no_filter_of_a_register_offers_or_takes_a_foreign_row(cast, foreign):
    wrong, walked = [], 0
    for register in site.registers:
        for name, model in relations(register):
            if name not in register.filters or not register.may_view(cast.officer):
                continue
            walked += 1
            row = foreign[model]
            if register.filter_choices(name, cast.officer).filter(pk=row.pk).exists():
                wrong.append((register.name, name, "offered"))
    assert not wrong
    assert walked > 3


def test_no_input_of_an_action_takes_a_foreign_row(cast):
    issue = make.make_issue(cast.secretary, cast.compound, cast.lamp)
    seen = 0
    for user in (cast.secretary, cast.officer):
        for transition in WORKFLOW.transitions:
            if transition.automatic:  # nobody is asked
                continue
            for name, field in WORKFLOW.form(issue, transition.action, user).fields.items():
                if isinstance(field, forms.ModelChoiceField) and field.queryset.model not in UNSCOPED:
                    seen += 1
                    assert not field.queryset.filter(pk=cast.foreign_unit.pk).exists(), (transition.action, name)
    assert seen


@pytest.mark.parametrize("who", ["officer", "secretary", "leader"])
def test_the_filter_of_issues_refuses_foreign_places(cast, rf, who):
    request = rf.get("/issues/")
    request.user = getattr(cast, who)
    rows = Issue.objects.visible_to(request.user)
    for name, row in (
        ("street", cast.s2),
        ("community", cast.c3),
        ("grid", cast.g3),
        ("organisation", cast.foreign_unit),
    ):
        found = IssueFilter({name: row.code}, queryset=rows, request=request)
        assert not found.is_valid(), name
        assert name in found.errors
