"""Columns that hold what people type in one form (``lib.text.canonical``): stored, compared and looked up by it."""

from collections.abc import Callable
from typing import Any

from django.db import models

from suzhou_portal.lib.text import canonical


class TypedField(models.CharField):
    """Base of these. In migrations a plain ``CharField``: the database knows nothing of the form."""

    form: Callable[[str], str]

    def to_python(self, value: Any) -> Any:
        """See Django."""
        value = super().to_python(value)
        return type(self).form(value) if isinstance(value, str) else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """See Django: also of rows that are saved unvalidated."""
        value = self.to_python(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: Any) -> Any:
        """See Django: what is compared with the column."""
        return self.to_python(super().get_prep_value(value))

    def deconstruct(self) -> Any:
        """See Django."""
        name, _path, arguments, keywords = super().deconstruct()
        return name, "django.db.models.CharField", arguments, keywords


class PersonField(TypedField):
    """The name of somebody."""

    form = staticmethod(canonical.person)


class TelephoneField(TypedField):
    """A telephone number."""

    form = staticmethod(canonical.telephone)


class CodeField(TypedField):
    """A code or number."""

    form = staticmethod(canonical.number)
