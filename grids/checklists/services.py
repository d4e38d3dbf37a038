"""New versions of the 十查 checklist."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from grids.categories.models import IssueCategory
from grids.checklists.models import PatrolChecklist, PatrolItem, item_lines
from suzhou_portal.lib.rows import records

# The four fields are the article's, the ten items the platform's: the district edits them.
DEFAULT_NOTE = "平台默认，可修改"
DEFAULT_CONTENT = """\
市容市貌：占道经营、店外经营 0104
市容市貌：乱堆物料、乱搭乱建 0101
市容市貌：乱贴乱画、违规横幅 0102
环境卫生：垃圾堆积、清运不及时 0201
环境卫生：道路、楼道不洁 0202
交通秩序：机动车、非机动车乱停 0301
交通秩序：占用、堵塞消防通道 0303
物业监管：物业服务不到位 0401
物业监管：公共设施、楼道照明损坏 0404
物业监管：电动车违规充电等安全隐患 0902"""


def without_unknown(content: str) -> str:
    """``content`` without the codes of categories that the district does not (or no longer) use. One query."""
    usable = set(IssueCategory.objects.usable().values_list("code", flat=True))
    lines = (line.rpartition(" ") for line in content.splitlines())
    return "\n".join(f"{text} {code}" if code in usable else text for text, _blank, code in lines)


@transaction.atomic
def publish(checklist: PatrolChecklist, *, by: Any, reason: str = "") -> PatrolChecklist:
    """Store a new version with its items; it takes the next number. Older versions stay as they are.

    Raises ``ValidationError`` under ``content`` that names a line, e.g. for an unknown category.
    """
    last = PatrolChecklist.objects.select_for_update().order_by("-number").values_list("number", flat=True).first()
    checklist.number = (last or 0) + 1
    records.create(checklist, by=by, reason=reason)
    PatrolItem.objects.bulk_create(_items(checklist))
    return checklist


def _items(checklist: PatrolChecklist) -> list[PatrolItem]:
    lines = item_lines(checklist.content)
    usable = {row.code: row for row in IssueCategory.objects.usable()}
    for number, (_field, _name, code) in enumerate(lines, 1):
        if code and code not in usable:
            raise ValidationError({"content": [f"第 {number} 行的事件分类编码没有或已停用：{code}。"]})
    return [
        PatrolItem(checklist=checklist, position=number, field=field, name=name, category=usable.get(code))
        for number, (field, name, code) in enumerate(lines, 1)
    ]
