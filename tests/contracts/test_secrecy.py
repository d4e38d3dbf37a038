"""Confidential rows are known to those alone who may know of them, on every surface."""

from django.apps import apps

from suzhou_portal.lib.rows.scope import PlaceRule, is_confidential
from tests.contracts.secrecy import check

# Model → (cast) → Walk: a stored secret row of the cast's district, with steps, messages and attachments, where it has
# such, and rows of other registers that name it.
WALKS = {}


def test_every_confidential_model_is_walked(cast, sign_in):
    confidential = {model for model in apps.get_models() if is_confidential(model)}
    missing = sorted(model._meta.label for model in confidential - set(WALKS))
    assert not missing, (
        f"{', '.join(missing)}: confidential, but walked by nobody. Add to WALKS in {__name__} how a secret row is "
        "made, who knows of it and who of the same place may not (tests.contracts.secrecy.Walk)."
    )
    for build in WALKS.values():
        check(build(cast), cast.auditor, sign_in)


def test_what_belongs_to_a_confidential_row_is_as_confidential():
    """A model whose places are those of a confidential row would show it by its own rule."""
    open_ones = []
    for model in apps.get_models():
        rule = getattr(model, "scope_rule", None)
        if not isinstance(rule, PlaceRule):
            continue
        for path in filter(None, (rule.street, rule.community, rule.grid, rule.area, *rule.organisations)):
            above, _dot, rest = path.partition("__")
            if rest and is_confidential(model._meta.get_field(above).related_model):
                open_ones.append(model._meta.label)
    assert not open_ones, f"{open_ones}: give these Confidential(PlaceRule(…), secret=…, verb=…) of their own"
