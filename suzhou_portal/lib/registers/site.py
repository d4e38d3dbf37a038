"""All registers of the portal, by name: where topics put theirs, and where pages and endpoints are made of them."""

from collections.abc import Iterable
from typing import TypeVar

from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models
from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from suzhou_portal.lib import topics
from suzhou_portal.lib.registers.declaration import Register

R = TypeVar("R", bound=type[Register])


class Site:
    """All registers of the portal, by name."""

    def __init__(self) -> None:
        self._registers: dict[str, Register] = {}

    def register(self, declaration: R) -> R:
        """Add a register (a class decorator). Raises ``ImproperlyConfigured`` for a model without scope."""
        if not (
            hasattr(declaration.model, "scope_rule") and hasattr(declaration.model._default_manager.all(), "visible_to")
        ):
            raise ImproperlyConfigured(f"{declaration.model.__name__} has no scope_rule and ScopedQuerySet")
        if declaration.name in self._registers:
            raise ImproperlyConfigured(f"two registers are called {declaration.name}")
        register = declaration(self)
        for name in (*register.all_columns, *register.details):
            try:
                register.label_of(name)
            except FieldDoesNotExist as error:
                raise ImproperlyConfigured(f"{declaration.__name__}: no field or computed column {name}") from error
        self._registers[declaration.name] = register
        return declaration

    @property
    def registers(self) -> list[Register]:
        """Every register, in the order of the apps."""
        topics.found("register")
        return list(self._registers.values())

    def __getitem__(self, name: str) -> Register:
        if name not in self._registers:
            topics.found("register")
        return self._registers[name]

    def __contains__(self, name: str) -> bool:
        return name in self._registers

    def of(self, model: type[models.Model]) -> Register | None:
        """The register of ``model``, or None."""
        return next((register for register in self._registers.values() if register.model is model), None)

    def api_urls(self) -> list[URLPattern | URLResolver]:
        """The endpoints of all registers, below ``/api/v1/``."""
        router = SimpleRouter()
        for register in self.registers:
            if register.in_api:
                router.register(register.name, register.viewset(), basename=register.name)
        return router.urls

    def urls(self) -> tuple[Iterable[URLPattern], str]:
        """Everything for ``include()``: the pages of all registers, in the namespace ``registers``."""
        return [url for register in self.registers for url in register.urls()], "registers"


site = Site()
