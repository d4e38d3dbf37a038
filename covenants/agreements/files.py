"""Covenants have their signed scan."""

from typing import Any

from covenants.agreements.models import RUNNING, Covenant
from covenants.agreements.parameters import FILE_MEGABYTES, FILES
from covenants.agreements.rights import is_party
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.files.owners import Owner, register


def may_add_scan(covenant: Covenant, user: Any) -> bool:
    """Both parties, from the signing on, also after the end: paper is often scanned late."""
    return covenant.is_signed and is_party(covenant, user)


def may_remove_scan(covenant: Covenant, attachment: Any, user: Any) -> bool:
    """One's own, while the covenant runs and one acts for a party."""
    return covenant.status in RUNNING and attachment.uploaded_by_id == user.pk and is_party(covenant, user)


COVENANT = register(
    Owner(
        name="covenant",
        model=Covenant,
        view_verb=Verb.COVENANTS_VIEW,
        may_add=may_add_scan,
        may_remove=may_remove_scan,
        most_files=FILES,
        most_megabytes=FILE_MEGABYTES,
        staged=False,
    )
)
