"""Panels: what an app shows on the page of a row that belongs to an app below it.

An app declares them in ``<app>/<topic>/panels.py``, which is found by itself::

    @panel("streets.Organisation", "covenants", title="共建", template="covenants/overview/_look.html")
    def of_organisation(organisation, user):
        return {"offers": …}        # the template's context; None: nothing to show to this user

The detail pages of registers and the page of an issue show the panels of their row, in the order of the
apps: ``{% panels object %}`` where a template is its own. A panel asks for rows in the scope of ``user``,
with a constant number of queries. ``answer(obj, user)``, if given, is what REST answers under
``panels.<name>`` beside an issue.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from suzhou_portal.lib import topics

Build = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Panel:
    """A declaration; see the module."""

    model: str
    name: str
    title: str
    template: str
    build: Build
    answer: Build | None = None


@dataclass(frozen=True)
class Shown:
    """A panel of one row, ready for its template."""

    panel: Panel
    context: dict[str, Any]


_declared: dict[tuple[str, str], Panel] = {}


def panel(model: str, name: str, *, title: str, template: str, answer: Build | None = None) -> Callable[[Build], Build]:
    """Declare the decorated function as panel ``name`` of ``model`` ("app.Model")."""

    def declare(build: Build) -> Build:
        key = (model.lower(), name)
        if key in _declared:
            raise ImproperlyConfigured(f"two panels of {model} are called {name}")
        _declared[key] = Panel(*key, title, template, build, answer)
        return build

    return declare


def panels_for(model: type[models.Model]) -> list[Panel]:
    """All panels declared for ``model``, in the order of the apps."""
    topics.found("panels")
    order = {config.label: index for index, config in enumerate(apps.get_app_configs())}
    found = [one for (label, _name), one in _declared.items() if label == model._meta.label_lower]
    return sorted(found, key=lambda one: order.get(_app_of(one), 0))


def _app_of(one: Panel) -> str:
    config = apps.get_containing_app_config(one.build.__module__)
    return config.label if config else ""


def panels_of(obj: models.Model, user: Any) -> list[Shown]:
    """The panels that ``user`` is shown on the page of ``obj``."""
    built = [(one, one.build(obj, user)) for one in panels_for(type(obj))]
    return [Shown(one, context) for one, context in built if context is not None]


def panel_answers(obj: models.Model, user: Any) -> dict[str, Any]:
    """What REST answers beside ``obj``, by the names of the panels."""
    return {one.name: one.answer(obj, user) for one in panels_for(type(obj)) if one.answer}
