"""Grids with the name of their leader in office."""

from django.db.models import OuterRef, Subquery

from grids.places.models import GridPost, GridQuerySet


def with_leaders(grids: GridQuerySet) -> GridQuerySet:
    """``grids`` with the name of the leader in office as ``leader``."""
    # unscoped: joined to grids, which are fetched in scope
    leaders = GridPost.objects.current().filter(grid=OuterRef("pk"), kind=GridPost.Kind.LEADER)
    return grids.annotate(leader=Subquery(leaders.values("name")[:1]))
