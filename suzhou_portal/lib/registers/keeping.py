"""What a user chose to keep under a key (``accounts.Preference``): asked by every list, so compiled once."""

from typing import Any

import orjson
from django.apps import apps

from suzhou_portal.lib.rows.prepared import Prepared

_KEPT = Prepared(
    lambda user, key: (
        apps.get_model("accounts.Preference")
        ._default_manager.filter(user=user, key=key)
        .order_by()
        .values_list("value")
    ),
    987_654_321,
    "some:key",
)


def kept_choice(user: Any, key: str) -> Any:
    """The value as it was kept; None for none. One query."""
    found = _KEPT(user.pk, key)
    return orjson.loads(found[0][0]) if found else None
