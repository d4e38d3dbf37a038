"""The form of 消息设置."""

from typing import Any

from django import forms

from suzhou_portal.notices.channels import configured
from suzhou_portal.notices.models import Kind
from suzhou_portal.notices.preferences import Choices, modes_of


class PreferencesForm(forms.Form):
    """One choice per kind, one check box per channel that the portal has, office hours."""

    def __init__(self, user: Any, choices: Choices, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ways: list[str] = []
        for name, channel in configured().items():
            has_address = bool(channel.address_of(user))
            self.fields[f"channel_{name}"] = forms.BooleanField(
                label=channel.label,
                required=False,
                initial=name not in choices.silent,
                help_text="" if has_address else "账号未登记接收地址，请联系安全管理员。",
            )
            self.ways.append(name)
        if self.ways:
            self.fields["office_hours"] = forms.BooleanField(
                label="只在工作时间推送",
                required=False,
                initial=choices.office_hours,
                help_text="下班后和节假日的，到下一个上班时间再推送。站内收件箱不受影响。",
            )
        for kind in Kind:
            self.fields[f"mode_{kind.value}"] = forms.ChoiceField(
                label=kind.label,
                choices=modes_of(kind),
                initial=choices.mode(kind),
                widget=forms.RadioSelect,
                error_messages={"required": "请选择一种方式。", "invalid_choice": "没有这种方式，请重新选择。"},
            )
        self.before = choices

    def channel_fields(self) -> list[forms.BoundField]:
        """The fields about where to; none when the portal has no channels."""
        return [self[f"channel_{name}"] for name in self.ways] + ([self["office_hours"]] if self.ways else [])

    def kind_fields(self) -> list[forms.BoundField]:
        """The fields about what."""
        return [self[f"mode_{kind}"] for kind in Kind.values]

    def chosen(self) -> Choices:
        """What was chosen; channels that the portal does not have now keep what was chosen before."""
        said = self.cleaned_data
        silent = {name for name in self.ways if not said[f"channel_{name}"]}
        return Choices(
            modes={kind: said[f"mode_{kind}"] for kind in Kind.values},
            silent=frozenset(silent | (self.before.silent - set(self.ways))),
            office_hours=said.get("office_hours", self.before.office_hours),
        )
