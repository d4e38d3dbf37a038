"""The models of ``streets/``, by topic: the street, and the organisations that it links."""

from streets.hub.models import Street
from streets.organisations.models import Organisation

__all__ = ["Organisation", "Street"]
