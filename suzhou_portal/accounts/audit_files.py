"""The trail as a spreadsheet, one line per entry."""

from collections.abc import Iterator
from itertools import islice

from django.db.models import QuerySet
from django.utils import timezone

from suzhou_portal.audit import describing
from suzhou_portal.audit.models import AuditEntry
from suzhou_portal.lib.documents.sheets import CSV, XLSX, write_csv, write_xlsx

KINDS = {"xlsx": XLSX, "csv": CSV}
LIMIT = 20_000
CHUNK = 500
HEAD = (
    *("时间", "操作人", "账号", "动作", "对象类型", "对象编号", "对象", "变更"),
    *("事由", "来源", "来源地址", "设备", "请求编号"),
)


def _rows(entries: QuerySet[AuditEntry]) -> Iterator[list[str]]:
    """One line per entry; related names are looked up chunk by chunk."""
    source = entries.iterator(chunk_size=CHUNK)
    while chunk := describing.cover(islice(source, CHUNK)):
        changes = describing.changes_of(chunk)
        for entry in chunk:
            told = [f"{change.label}：{change.before} → {change.after}" for change in changes[entry.pk]]
            told += [f"{name}：{text}" for name, text in describing.details_of(entry)]
            yield [
                timezone.localtime(entry.at).strftime("%Y-%m-%d %H:%M:%S"),
                entry.actor.name if entry.actor else "",
                entry.actor.username if entry.actor else "",
                describing.action_name(entry.action),
                describing.type_name(entry.object_type),
                entry.object_id,
                entry.object_label,
                "；".join(told),
                entry.reason,
                str(entry.get_source_display()),
                entry.address,
                entry.device,
                entry.request_id,
            ]


def write_entries(entries: QuerySet[AuditEntry], kind: str) -> tuple[bytes, int]:
    """(file, number of entries) of the already bounded ``entries``; ``kind`` is a key of :data:`KINDS`.

    Texts stay texts: no cell of it becomes a formula (see ``lib.documents.sheets``).
    """
    count = 0

    def counted() -> Iterator[list[str]]:
        nonlocal count
        for row in _rows(entries):
            count += 1
            yield row

    if kind == "csv":
        content = b"".join(write_csv(line for part in ([HEAD], counted()) for line in part))
    else:
        with write_xlsx(HEAD, counted()) as file:
            content = file.read()
    return content, count
