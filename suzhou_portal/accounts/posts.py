"""What a request knows of the posts of who sends it."""

from collections.abc import Sequence
from typing import Any


class Post:
    """A current assignment reduced to keys, with the places above its own."""

    __slots__ = (
        "area_id",
        "community_id",
        "grid_id",
        "id",
        "organisation_id",
        "role",
        "street_id",
        "upper_community_id",
        "upper_street_id",
    )

    def __init__(self, **keys: Any) -> None:
        for name in self.__slots__:
            setattr(self, name, keys.get(name))

    @classmethod
    def of(cls, row: Sequence[Any]) -> "Post":
        """The post of a row of ``AssignmentQuerySet.post_rows``."""
        *own, community_street, grid_street, grid_community, area_street = row
        key, role, street, community, grid, area, organisation = own
        return cls(
            id=key,
            role=role,
            street_id=street,
            community_id=community,
            grid_id=grid,
            area_id=area,
            organisation_id=organisation,
            upper_street_id=street or community_street or grid_street or area_street,
            upper_community_id=community or grid_community,
        )
