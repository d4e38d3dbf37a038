"""The guided operations on a grid as forms: split, merge, transfer, close. Pages and the API use the same.

A form is built for one grid and one user; :meth:`OperationForm.carry_out` calls the service,
:func:`fingerprint` tells whether anything has changed since somebody looked.
"""

import hashlib
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from communities.directory.models import Community
from grids.changes import services as grid_changes
from grids.changes.moving import Outcome
from grids.issues.models import OPEN_Q, Issue
from grids.places.models import Grid, GridPost
from suzhou_portal.accounts.models import Assignment
from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers.choices import PickField
from suzhou_portal.lib.registers.days import DayInput
from suzhou_portal.lib.text.free_text import FreeTextMixin

MOST_PARTS = 6
# Above this, open issues of the grid itself are not chosen one by one: they go to the first part.
MOST_CHOSEN = 200
ENDS = ("", "任期结束，不再延续")
WITHDRAWN = ("", "收回登录权限")
DATE = DayInput()


def current_terms(grids: list[Grid]) -> list[GridPost]:
    """The terms in office in ``grids``, the leaders first."""
    # unscoped: of grids that the user may change
    rows = GridPost.objects.current().filter(grid__in=grids)
    return list(rows.select_related("grid__parent").order_by("grid__code", "kind"))


def fingerprint(grids: list[Grid]) -> str:
    """What stands in ``grids`` and below, in short: another one when somebody has changed any of it."""
    keys = [grid.pk for grid in grids]
    below = Q(pk__in=keys) | Q(parent__in=keys) | Q(parent__parent__in=keys)
    inside = Grid.objects.filter(below, ends=None)  # unscoped: of grids that the user may change
    rows = [
        inside.order_by("pk").values_list("pk", "version"),
        GridPost.objects.current()
        .filter(grid__in=inside)
        .order_by("pk")
        .values_list("pk", "version"),  # unscoped: same
        Assignment.objects.current()
        .filter(grid__in=inside)
        .order_by("pk")
        .values_list("pk", "version"),  # unscoped: same
        Issue.objects.filter(OPEN_Q, grid__in=inside).order_by("pk").values_list("pk", "grid"),  # unscoped: same
    ]
    return hashlib.sha256(repr([list(part) for part in rows]).encode()).hexdigest()[:20]


class OperationForm(FreeTextMixin, forms.Form):
    """What every operation asks for. Raises ``ValidationError`` from :meth:`carry_out`."""

    kind, title, verb = "", "", ""
    effective = forms.DateField(
        label="生效日期",
        widget=DATE,
        help_text="今天或以前。以后的变动请到时再办。",
        error_messages={"required": "请填写生效日期。", "invalid": "请填写日期，如 2026-01-31。"},
    )
    reason = forms.CharField(
        label="事由或依据",
        max_length=200,
        error_messages={"required": "请填写事由或依据。", "max_length": "请在 200 字以内说明。"},
    )
    seen = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, grid: Grid, user: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"effective": timezone.localdate()})
        super().__init__(data, **kwargs)
        self.grid, self.user = grid, user
        self.build()
        self.order_fields([name for name in self.fields if name not in OperationForm.base_fields])

    def build(self) -> None:
        """Add the fields of this grid."""

    def clean_effective(self) -> Any:
        """Not in the future, not before the grid began."""
        day = self.cleaned_data["effective"]
        if day > timezone.localdate():
            raise ValidationError("生效日期不能晚于今天：网格变动当天办理、当天生效，以后的变动请到时再办。")
        if day < self.grid.starts:
            raise ValidationError(f"网格 {self.grid.starts} 才启用，生效日期不能更早。")
        return day

    def involved(self) -> list[Grid]:
        """The grids that would end, without those below them."""
        return [self.grid]

    @property
    def common(self) -> dict[str, Any]:
        """What every service takes."""
        return {"effective": self.cleaned_data["effective"], "reason": self.cleaned_data["reason"], "by": self.user}

    def carry_out(self) -> Outcome:
        """Do it."""
        raise NotImplementedError


class SplitForm(OperationForm):
    """拆分: the parts with their figures, and what goes to which of them. The first part takes over."""

    kind, title, verb = "split", "拆分网格", "拆分"

    def build(self) -> None:
        """Parts, lower grids, open issues, terms, sign-ins."""
        for index in range(MOST_PARTS):
            self._add_part(index)
        parts = [(str(index), f"第 {index + 1} 部分") for index in range(MOST_PARTS)]
        self.children = grid_changes.current_children(self.grid)
        for child in self.children:
            self._add_choice(f"child_{child.pk}", child.full_name, parts)
        # unscoped: of a grid that the user may change
        rows = (
            Issue.objects.filter(OPEN_Q, grid=self.grid, parent=None)
            .select_related("category")
            .order_by("due_at", "pk")
        )
        self.issues = list(rows[: MOST_CHOSEN + 1])
        for issue in self.issues[:MOST_CHOSEN]:
            self._add_choice(f"issue_{issue.pk}", f"{issue.number} {issue.category}", parts)
        self.posts = current_terms([self.grid])
        for post in self.posts:
            self._add_choice(f"post_{post.pk}", f"{post.get_kind_display()} {post.name}", [*parts, ENDS])
        led = {post.user_id for post in self.posts if post.user_id}
        # unscoped: of a grid that the user may change
        sign_ins = Assignment.objects.current().filter(grid=self.grid).exclude(user__in=led).select_related("user")
        self.sign_ins = list(sign_ins.order_by("pk"))
        for row in self.sign_ins:
            self._add_choice(f"sign_in_{row.pk}", f"{row.get_role_display()}账号 {row.user}", [*parts, WITHDRAWN])

    def _add_part(self, index: int) -> None:
        first = index == 0
        self.fields[f"name_{index}"] = forms.CharField(
            label="名称",
            max_length=60,
            required=index < 2,
            initial=self.grid.name if first else "",
            error_messages={"required": "请填写名称，至少两个部分。"},
        )
        for name, label in (("households", "户数"), ("group_chats", "微信群数")):
            number = forms.IntegerField(label=label, min_value=0, max_value=30_000, required=False)
            number.error_messages |= {"invalid": "请填写整数。", "min_value": "不能小于 0。", "max_value": "数值过大。"}
            self.fields[f"{name}_{index}"] = number
        self.fields[f"has_party_branch_{index}"] = forms.BooleanField(
            label="已建党支部/党小组", required=False, initial=first and self.grid.has_party_branch
        )
        self.fields[f"boundary_{index}"] = forms.CharField(
            label="四至范围", max_length=200, required=False, initial=self.grid.boundary if first else ""
        )

    def _add_choice(self, name: str, label: str, choices: list[tuple[str, str]]) -> None:
        field = forms.ChoiceField(label=label, choices=choices, required=False, initial="0")
        field.error_messages["invalid_choice"] = "请选择其中一个部分。"
        self.fields[name] = field

    @property
    def part_fields(self) -> list[list[Any]]:
        """The bound fields of each part."""
        names = ("name", "households", "group_chats", "boundary", "has_party_branch")
        return [[self[f"{name}_{index}"] for name in names] for index in range(MOST_PARTS)]

    def _bound(self, prefix: str, rows: list[Any]) -> list[tuple[Any, Any]]:
        return [(row, self[f"{prefix}_{row.pk}"]) for row in rows if f"{prefix}_{row.pk}" in self.fields]

    @property
    def child_fields(self) -> list[tuple[Grid, Any]]:
        """(lower grid, its choice)."""
        return self._bound("child", self.children)

    @property
    def issue_fields(self) -> list[tuple[Issue, Any]]:
        """(open issue, its choice)."""
        return self._bound("issue", self.issues)

    @property
    def people_fields(self) -> list[tuple[Any, Any]]:
        """(term or sign-in, its choice)."""
        return [*self._bound("post", self.posts), *self._bound("sign_in", self.sign_ins)]

    def clean(self) -> dict[str, Any]:
        """Parts without a gap, different names, nothing sent to a part that is not there."""
        cleaned = super().clean()
        named = [index for index in range(MOST_PARTS) if cleaned.get(f"name_{index}")]
        if named != list(range(len(named))):
            self.add_error(None, "请按顺序填写各部分，不要空着中间的。")
        names = [cleaned[f"name_{index}"] for index in named]
        for index in named:
            if cleaned[f"name_{index}"] in names[:index]:
                self.add_error(f"name_{index}", "各部分的名称不能相同。")
        for name in self.fields:
            chosen = cleaned.get(name)
            if name.startswith(("child_", "issue_", "post_", "sign_in_")) and chosen and int(chosen) not in named:
                self.add_error(name, f"第 {int(chosen) + 1} 部分没有填写名称。")
        self.cleaned_data["count"] = len(named)
        return cleaned

    def _index(self, name: str) -> int:
        return int(self.cleaned_data.get(name) or 0)

    def _index_or_none(self, name: str) -> int | None:
        """A choice that may be "it ends"; one that was not sent at all stays with the first part."""
        if name not in self.data:
            return 0
        chosen = self.cleaned_data[name]
        return int(chosen) if chosen else None

    def carry_out(self) -> Outcome:
        """See the base."""
        data = self.cleaned_data
        parts = [
            grid_changes.Part(
                name=data[f"name_{index}"],
                households=data[f"households_{index}"],
                group_chats=data[f"group_chats_{index}"],
                has_party_branch=data[f"has_party_branch_{index}"],
                boundary=data[f"boundary_{index}"],
            )
            for index in range(data["count"])
        ]
        return grid_changes.split(
            self.grid,
            parts=parts,
            allotment=grid_changes.Allotment(
                children={child.pk: self._index(f"child_{child.pk}") for child in self.children},
                issues={issue.pk: self._index(f"issue_{issue.pk}") for issue in self.issues[:MOST_CHOSEN]},
                posts={post.pk: self._index_or_none(f"post_{post.pk}") for post in self.posts},
                sign_ins={row.pk: self._index_or_none(f"sign_in_{row.pk}") for row in self.sign_ins},
            ),
            **self.common,
        )


class MergeForm(OperationForm):
    """合并: with which grids beside it, under which name, and who goes on in office."""

    kind, title, verb = "merge", "合并网格", "合并"

    def build(self) -> None:
        """The grids beside it, the name, the offices."""
        beside = Grid.objects.current().editable_by(self.user, Verb.GRIDS_EDIT)
        beside = beside.filter(community=self.grid.community_id, parent=self.grid.parent_id, kind=self.grid.kind)
        self.siblings = list(beside.exclude(pk=self.grid.pk).select_related("parent").order_by("code"))
        labels = [(row.code, f"{row.full_name}（{row.households} 户）") for row in self.siblings]
        self.fields["others"] = forms.MultipleChoiceField(
            label=f"与“{self.grid}”合并的网格",
            choices=labels,
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": "请至少选择一个。", "invalid_choice": "没有这个网格，请从列表中选择。"},
        )
        self.fields["name"] = forms.CharField(
            label="合并后的名称",
            max_length=60,
            initial=self.grid.name,
            error_messages={"required": "请填写合并后的名称。"},
        )
        self.fields["boundary"] = forms.CharField(
            label="四至范围", max_length=200, required=False, help_text="不填则把各网格原来的连在一起。"
        )
        self.terms = current_terms([self.grid, *self.siblings])
        for kind in GridPost.Kind:
            held = [post for post in self.terms if post.kind == kind]
            if held:
                choices = [
                    ("", "排在最前的网格的在任者"),
                    *((str(p.pk), f"{p.name}（{p.grid.full_name}）") for p in held),
                ]
                self.fields[kind.value] = forms.ChoiceField(
                    label=f"由谁继续任{kind.label}",
                    choices=choices,
                    required=False,
                    help_text="其他人任期结束。",
                    error_messages={"invalid_choice": "请从列表中选择。"},
                )

    def clean(self) -> dict[str, Any]:
        """Whoever goes on leads one of the merged grids."""
        cleaned = super().clean()
        merged = {self.grid.code, *cleaned.get("others", ())}
        for kind in GridPost.Kind:
            chosen = cleaned.get(kind.value)
            if chosen and next(post for post in self.terms if str(post.pk) == chosen).grid.code not in merged:
                self.add_error(kind.value, "所选的人不在要合并的网格中。")
        return cleaned

    def involved(self) -> list[Grid]:
        """With the chosen ones."""
        chosen = self.cleaned_data.get("others", ()) if hasattr(self, "cleaned_data") else ()
        return [self.grid, *(row for row in self.siblings if row.code in chosen)]

    def carry_out(self) -> Outcome:
        """See the base."""
        data = self.cleaned_data
        return grid_changes.merge(
            self.involved(),
            name=data["name"],
            posts=[int(data[kind.value]) for kind in GridPost.Kind if data.get(kind.value)],
            boundary=data["boundary"] or None,
            **self.common,
        )


class TransferForm(OperationForm):
    """划转: to which community, under which grid."""

    kind, title, verb = "transfer", "划转网格", "划转"

    def build(self) -> None:
        """The communities that the user keeps, and the grids that may stand above."""
        rows = Community.objects.editable_by(self.user, Verb.GRIDS_EDIT).select_related("street").order_by("code")
        allowed = Grid.PARENT_KINDS[Grid.Kind(self.grid.kind)]
        on_top = None in allowed
        self.fields["community"] = forms.ModelChoiceField(
            rows,
            to_field_name="code",
            label="划入社区",
            required=on_top,
            initial=self.grid.community if on_top else None,
            empty_label="请选择",
            error_messages={"required": "请选择划入的社区。", "invalid_choice": "没有这个社区，或不在您的管辖范围内。"},
        )
        kinds = [kind for kind in allowed if kind]
        if kinds:
            above = Grid.objects.current().editable_by(self.user, Verb.GRIDS_EDIT).filter(kind__in=kinds)
            names = "或".join(Grid.Kind(kind).label for kind in sorted(kinds, reverse=True))
            self.fields["parent"] = PickField(
                above.select_related("community", "street"),
                key="code",
                url="/grids/grids/choices/parent/?in=form",
                label="划入的上级网格",
                required=not on_top,
                help_text=f"填编码或名称，须为{names}。" + ("不填则直接隶属社区。" if on_top else ""),
                error_messages={"required": "请填写划入的上级网格。"},
            )
        if not on_top:
            del self.fields["community"]

    def clean(self) -> dict[str, Any]:
        """The grid above lies in the chosen community."""
        cleaned = super().clean()
        parent, community = cleaned.get("parent"), cleaned.get("community")
        if parent is not None and community is not None and parent.community_id != community.pk:
            self.add_error("parent", "上级网格不在所选的社区。")
        return cleaned

    def carry_out(self) -> Outcome:
        """See the base."""
        parent = self.cleaned_data.get("parent")
        community = parent.community if parent else self.cleaned_data["community"]
        return grid_changes.transfer(self.grid, community=community, parent=parent, **self.common)


class CloseForm(OperationForm):
    """撤销: only where nothing is left."""

    kind, title, verb = "close", "撤销网格", "撤销"

    def build(self) -> None:
        """Nothing to choose, but the reasons why not."""
        self.refusals = grid_changes.refusals(self.grid)

    def carry_out(self) -> Outcome:
        """See the base."""
        return grid_changes.dissolve(self.grid, **self.common)


FORMS: dict[str, type[OperationForm]] = {form.kind: form for form in (SplitForm, MergeForm, TransferForm, CloseForm)}
