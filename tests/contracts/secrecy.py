"""A secret row on every surface: there for whoever may know of it, nowhere for others of the same place."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.files.models import Attachment
from suzhou_portal.files.owners import has_owner, owner_of
from suzhou_portal.lib.cases import Case
from suzhou_portal.lib.registers import site
from suzhou_portal.lib.registers.figures import row_figures
from suzhou_portal.notices.models import Notice
from suzhou_portal.notices.services import deliver_waiting
from tests.contracts.walk import readable


@dataclass(frozen=True)
class Walk:
    """A stored secret ``row``, the ``words`` that stand in it and nowhere else (its name and texts, attachments'
    names), who ``knows`` it, and who of the same place ``may_not``. For the rest of it (steps taken, messages told,
    attachments, rows of other registers that name it) whoever builds it has seen to.
    """

    row: Any
    words: tuple[str, ...]
    knows: Any
    may_not: Any


def check(walk: Walk, auditor: Any, sign_in: Callable[[Any], Any]) -> None:
    """Walk every surface as each of them. Fails with the first that tells too much, or too little."""
    register = site.of(walk.row._meta.concrete_model)
    assert register, f"{type(walk.row).__name__} has no register to be walked through"
    for address in own_addresses(register, walk.row):
        knowing, other = (sign_in(user).get(address).status_code for user in (walk.knows, walk.may_not))
        assert (knowing in (200, 302), other) == (True, 404), address  # 302: to where it is shown
    _check_lists(register, walk, sign_in)
    _check_writing(register, walk, sign_in(walk.may_not))
    for figure in row_figures():
        if figure.owner is register:
            _check_rows(walk, lambda user, one=figure: _figure_rows(one, user), figure.code)
    _check_rows(walk, register.rows, "rows")
    _check_notices(walk)
    _check_trail(walk, sign_in(auditor))


def own_addresses(register: Any, row: Any) -> Iterator[str]:
    """Every address of the row itself that answers GET."""
    key, rest = getattr(row, register.key), f"/api/v1/{register.name}/"
    yield register.url_of(row)
    yield f"{rest}{key}/"
    if register.edit_verb and register.fields:
        yield f"{register.url_of(row)}edit/"
    if isinstance(register, Case):
        yield f"{rest}{key}/events/"
        if register.has_papers:
            yield f"{rest}{key}/documents/"
            yield from (f"{register.url_of(row)}documents/{paper.code}/" for paper in register.papers)
    if has_owner(row):
        yield f"/files/{owner_of(row).name}/{row.pk}/"
        for one in Attachment.objects.of(owner_of(row), row.pk):
            yield from (f"/files/{one.pk}/", f"/files/{one.pk}/thumbnail/")


def telling(register: Any, row: Any) -> Iterator[tuple[str, bool]]:
    """(address, whoever knows reads of it there): lists, files, forms and suggestions of its register and of those that
    point at it, and the pages that gather from all.
    """
    model, number = type(row), str(getattr(row, register.key))
    for address in (register.list_url, f"{register.list_url}export/?format=csv", f"/api/v1/{register.name}/"):
        yield address, True
    if register.search:
        yield f"{register.list_url}?q={number}", True
        yield f"/api/v1/{register.name}/?q={number}", True
    for other in site.registers:
        names = [
            field.name for field in other.model._meta.get_fields() if field.concrete and field.related_model is model
        ]
        for name in names:
            rows = other.model._default_manager.filter(**{name: row})
            shown = name in (*other.all_columns, *other.fields)
            for address in (other.list_url, f"{other.list_url}export/?format=csv", f"/api/v1/{other.name}/"):
                yield address, shown and rows.exists()
            for one in rows:
                yield other.url_of(one), shown
                yield f"/api/v1/{other.name}/{getattr(one, other.key)}/", shown
            if name in other.fields:
                yield f"{other.list_url}new/", not other.is_long(model)
                yield f"{other.list_url}choices/{name}/?in=form&q={number}", True
            if name in other.filters:
                yield f"{other.list_url}choices/{name}/?q={number}", True
    for address in ("/", "/dashboard/", "/inbox/", "/api/v1/figures/"):
        yield address, False


def _check_lists(register: Any, walk: Walk, sign_in: Callable[[Any], Any]) -> None:
    for address, told in telling(register, walk.row):
        answer = sign_in(walk.may_not).get(address)
        text = readable(answer)
        assert answer.status_code == 200, address
        # What was searched for stands in the field again.
        leaked = [word for word in walk.words if word in text and word not in address]
        assert not leaked, f"{address} tells {walk.may_not} of {leaked}"
        if told:
            text = readable(sign_in(walk.knows).get(address))
            assert any(word in text for word in walk.words), f"{address} hides it from {walk.knows}"


def _check_writing(register: Any, walk: Walk, client: Any) -> None:
    """No step is refused as forbidden, which would say that it is there, and none is taken."""
    if not isinstance(register, Case):
        return
    key, version = getattr(walk.row, register.key), walk.row.version
    for action in register.workflow.by_action:
        assert client.post(register.step_url(walk.row, action), {"version": version}).status_code == 404
        sent = client.post(
            f"/api/v1/{register.name}/{key}/actions/{action}/", {"version": version}, content_type="application/json"
        )
        assert sent.status_code == 404, action
    walk.row.refresh_from_db()
    assert walk.row.version == version


def _figure_rows(figure: Any, user: Any) -> Any:
    today = timezone.localdate()
    return figure.rows(figure.numerator, user, {}, (today.replace(month=1, day=1), today))


def _check_rows(walk: Walk, rows_of: Callable[[Any], Any], what: str) -> None:
    told = [rows_of(user).filter(pk=walk.row.pk).exists() for user in (walk.knows, walk.may_not)]
    assert told == [True, False], what


def _check_notices(walk: Walk) -> None:
    """Its messages reach who may know, and say nothing."""
    while deliver_waiting():
        pass
    about = Notice.objects.filter(message__url__startswith=walk.row.get_absolute_url())
    assert not about.filter(user=walk.may_not).exists(), f"{walk.may_not} was told of it"
    texts = [word for word in walk.words if word != getattr(walk.row, "number", "")]
    for notice in about:
        assert not [word for word in texts if word in notice.message.title], notice.message.title


def _check_trail(walk: Walk, client: Any) -> None:
    """The auditor sees that something happened, when and by whom, and cannot find it by its words."""
    label = walk.row._meta.label_lower
    entries = AuditEntry.objects.filter(object_type=label, object_id=str(walk.row.pk))
    assert entries.exists(), "nothing of it is on record"
    listed = {row["entry"].pk for row in client.get("/audit/", {"type": label}).context["rows"]}
    assert listed >= set(entries.values_list("pk", flat=True))
    addresses = ["/audit/", "/audit/export/csv/", "/audit/export/xlsx/"]
    addresses += [f"/audit/{key}/" for key in AuditEntry.objects.order_by("-pk").values_list("pk", flat=True)[:50]]
    for address in addresses:
        text = readable(client.get(address))
        assert not [word for word in walk.words if word in text], address
    for word in walk.words:
        for name in ("object", "q"):
            found = [row["entry"] for row in client.get("/audit/", {name: word}).context["rows"]]
            assert not [entry for entry in found if entry.object_type == label], (name, word)
