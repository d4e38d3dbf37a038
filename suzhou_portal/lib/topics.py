"""Topics: the folders of an app, one subject each. What they declare is found here, by the name of its file.

An app that is not laid out by topic is a topic itself.
"""

import pkgutil
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from django.apps import AppConfig, apps

NO_TOPICS = frozenset({"migrations", "management", "templatetags"})


def topics_of(config: AppConfig) -> list[str]:
    """The dotted names of the topics of an app: those that it orders (``topics``, the lowest first), then others."""
    first = {name: place for place, name in enumerate(getattr(config, "topics", ()))}
    names = [part.name for part in pkgutil.iter_modules([config.path]) if part.ispkg and part.name not in NO_TOPICS]
    return [f"{config.name}.{name}" for name in sorted(names, key=lambda name: (first.get(name, len(first)), name))]


@cache
def found(name: str) -> tuple[ModuleType, ...]:
    """Every module called ``name`` (``"register"``, ``"figures"`` …) of all our apps and their topics, imported,
    the lowest app and topic first.
    """
    own = [config for config in apps.get_app_configs() if "site-packages" not in config.path]
    places = [place for config in own for place in (config.name, *topics_of(config))]
    return tuple(import_module(f"{place}.{name}") for place in places if _has(place, name))


def _has(place: str, name: str) -> bool:
    return find_spec(f"{place}.{name}") is not None
