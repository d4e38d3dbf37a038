"""What may have attachments: declared by the topic that the rows belong to, in its ``files.py``::

    OWNER = register(
        Owner(
            name="issue",
            model=Issue,
            view_verb=Verb.ISSUES_VIEW,
            may_add=may_attach,                     # (row, user) -> bool
            may_remove=may_take_away,               # (row, attachment, user) -> bool
            most_files=ISSUE_FILES,                 # codes of parameters (rules.parameters)
            most_megabytes=ISSUE_FILE_MEGABYTES,
        )
    )

``model`` needs ``visible_to`` and ``get_absolute_url``. Whoever may see the row may see and
download its attachments; outside its scope they do not exist. The page shows them with
``{% include "files/_attachments.html" %}`` and ``files.pages.panel_of(row, user)``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q

from suzhou_portal.lib.cases import secrecy
from suzhou_portal.rules.parameters import parameter

MEGABYTE = 1024 * 1024


def _other(row: Any, user: Any) -> str:
    return "other"


def _own(row: Any) -> Q:
    return Q(owner_key=row.pk)


def _nowhere_else(row: Any, attachment: Any) -> str:
    return ""


@dataclass(frozen=True)
class Owner:
    """A kind of row that may have attachments; ``name`` is stored with them and stands in addresses.

    ``stage_of(row, user)`` is the stage that the upload form proposes. ``staged`` False: there is no
    before and after here, and nobody is asked.

    Rows may show the attachments of others that are the same matter (the parts of a whole, duplicates):
    ``shown_with(row)`` is the condition on ``owner_key``, ``origin(row, attachment)`` says in a word where
    one of them comes from, and ``readable(user)`` are the rows whose attachments ``user`` may see so,
    those with personal data excepted.
    """

    name: str
    model: Any
    view_verb: str
    may_add: Callable[[Any, Any], bool]
    may_remove: Callable[[Any, Any, Any], bool]
    most_files: str
    most_megabytes: str
    stage_of: Callable[[Any, Any], str] = _other
    staged: bool = True
    shown_with: Callable[[Any], Q] = _own
    origin: Callable[[Any, Any], str] = _nowhere_else
    readable: Callable[[Any], Any] | None = None

    @property
    def shows_own(self) -> bool:
        """Rows show no attachments but their own."""
        return self.shown_with is _own

    def rows(self, user: Any) -> Any:
        """The rows that ``user`` may see, with their attachments."""
        return self.model._default_manager.visible_to(user, self.view_verb)

    def locked(self, key: int) -> Any:
        """The stored row with this key, locked until the transaction ends."""
        return self.model._default_manager.select_for_update(of=("self",)).get(pk=key)

    @property
    def file_limit(self) -> int:
        """How many attachments a row may have."""
        return parameter(self.most_files)

    @property
    def byte_limit(self) -> int:
        """How many bytes the attachments of a row may have together."""
        return parameter(self.most_megabytes) * MEGABYTE


OWNERS: dict[str, Owner] = {}
_by_model: dict[type[models.Model], Owner] = {}


def register(owner: Owner) -> Owner:
    """Make ``owner`` known; returns it. Raises ``ValueError`` for a name or model that is taken."""
    if OWNERS.setdefault(owner.name, owner) is not owner or _by_model.setdefault(owner.model, owner) is not owner:
        raise ValueError(f"attachments of {owner.name} are declared twice")
    return owner


def open_attachments(model: type[models.Model]) -> models.QuerySet | None:
    """The attachments that belong to no secret row, for ``audit.describing.veil``; None for other models, and while
    no confidential row may have attachments.
    """
    hiding = [(owner, rows) for owner in OWNERS.values() if (rows := secrecy.open_rows(owner.model)) is not None]
    if model._meta.label_lower != "files.attachment" or not hiding:
        return None
    condition = Q()
    for owner, rows in hiding:
        condition &= ~Q(owner_type=owner.name) | Q(owner_key__in=rows.order_by().values("pk"))
    return model._base_manager.filter(condition)


def owner_of(row: models.Model) -> Owner:
    """The declaration for ``row``. Raises ``KeyError`` when its model has no attachments."""
    return _by_model[type(row)]


def has_owner(row: models.Model) -> bool:
    """True when rows of this kind may have attachments."""
    return type(row) in _by_model
