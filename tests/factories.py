"""Builders of small worlds for tests: places, organisations, people, issues."""

import io
from datetime import date, timedelta
from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from communities.directory.models import Community
from grids.categories.models import IssueCategory
from grids.issues.models import Issue
from grids.issues.services import Report, report_issue
from grids.places.models import Area, Grid
from streets.hub.models import Street
from streets.organisations.models import Organisation
from suzhou_portal.accounts.models import Assignment, User
from suzhou_portal.accounts.roles import ROLE_TARGET, Role
from suzhou_portal.files.models import Attachment
from suzhou_portal.files.services import Upload, attach

PASSWORD = "Lantern-river-27"
LONG_AGO = date(2020, 1, 1)


def saved(obj: Any) -> Any:
    """``obj`` cleaned and saved; what the database itself refuses it refuses (every test makes a cast: speed)."""
    obj.full_clean(validate_unique=False, validate_constraints=False)
    obj.save()
    return obj


def make_street(number: int) -> Street:
    """Street ``number`` (1–9) with the code that goes with it."""
    return saved(Street(code=f"62090200{number}", name=f"第{number}街道"))


def make_community(street: Street, number: int) -> Community:
    """Community ``number`` of ``street``."""
    return saved(
        Community(
            code=f"{street.code}{number:03d}", name=f"{street.name[:2]}社区{number}", street=street, population=5000
        )
    )


def make_grid(parent: Community | Grid, number: int, kind: str = "") -> Grid:
    """Grid ``number`` under a community (a resident group) or a grid (a compound, a building)."""
    if isinstance(parent, Community):
        kind, name = kind or Grid.Kind.RESIDENT_GROUP, f"第{number}居民小组"
        community, above = parent, None
    else:
        below = {Grid.Kind.RESIDENT_GROUP: Grid.Kind.COMPOUND, Grid.Kind.COMPOUND: Grid.Kind.BUILDING}
        kind = kind or below[Grid.Kind(parent.kind)]
        name = f"{number}号小区" if kind == Grid.Kind.COMPOUND else f"{number}号楼"
        community, above = parent.community, parent
    return saved(
        Grid(
            code=f"{parent.code}{number:03d}", name=name, kind=kind, community=community, parent=above, starts=LONG_AGO
        )
    )


def make_area(street: Street, number: int, *grids: Grid) -> Area:
    """Area ``number`` of ``street`` with its grids."""
    area = saved(Area(code=f"P{street.code[-1]}{number:02d}", name=f"第{number}片区", street=street))
    area.grids.set(grids)
    return area


def make_organisation(code: str, name: str, **fields: Any) -> Organisation:
    """An organisation; a department unless ``fields`` say otherwise."""
    if not any(fields.get(kind) for kind in ("is_unit", "is_property", "is_social")):
        fields.setdefault("is_department", True)
    return saved(Organisation(code=code, name=name, **fields))


@cache
def _hashed_password() -> str:
    return make_password(PASSWORD)  # Argon2 is slow on purpose: once is enough


def make_user(username: str, role: str | None = None, target: Any = None, **fields: Any) -> User:
    """An account with password :data:`PASSWORD` and, given a role, a current assignment at ``target``."""
    fields = {"name": f"用户{username}", "must_change_password": False, **fields}
    user = saved(User(username=username, password=_hashed_password(), **fields))
    if role:
        give_post(user, role, target)
    return user


def give_post(user: User, role: str, target: Any = None) -> Assignment:
    """A current assignment of ``user``."""
    wanted = ROLE_TARGET[Role(role)]
    post = saved(Assignment(user=user, role=role, starts=LONG_AGO, **({wanted: target} if wanted else {})))
    for name in ("posts", "_lower_grids", "verbs", "_scopes"):
        user.__dict__.pop(name, None)
    return post


def make_category(code: str, name: str, **fields: Any) -> IssueCategory:
    """A category under its group, which is made when missing."""
    group, _ = IssueCategory.objects.get_or_create(code=code[:2], defaults={"name": f"大类{code[:2]}"})
    return saved(IssueCategory(code=code, name=name, parent=group, **fields))


def make_issue(by: User, place: Any, category: IssueCategory, description: str = "路灯不亮", **fields: Any) -> Issue:
    """An issue as ``by`` reports it."""
    return report_issue(Report(place, category, description, **fields), by=by)


def make_attachment(row: Any, by: User, name: str = "照片.jpg", data: bytes | None = None, **fields: Any) -> Attachment:
    """A photo (or the file ``data``) that ``by`` attaches to ``row``."""
    return attach(row, Upload(SimpleUploadedFile(name, data or _small_photo()), **fields), by=by)


@cache
def _small_photo() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(buffer, "JPEG")
    return buffer.getvalue()


def many_issues(by: User, place: Any, category: IssueCategory, count: int) -> list[Issue]:
    """``count`` reported issues, an hour apart, the newest last, with search text and events."""
    issues = []
    for index in range(count):
        issue = make_issue(by, place, category, f"第{index}件事情")
        Issue.objects.filter(pk=issue.pk).update(created_at=timezone.now() - timedelta(hours=count - index))
        issues.append(issue)
    return issues
