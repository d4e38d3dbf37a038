"""The register of the parameters."""

from collections.abc import Callable
from typing import Any

from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register, site
from suzhou_portal.lib.tables import Computed
from suzhou_portal.rules.models import Parameter
from suzhou_portal.rules.parameters import DECLARED


def _declared(show: Callable[[Any], Any]) -> Callable[[Parameter], Any]:
    return lambda row: show(row.declared) if row.declared else ""


@site.register
class ParameterRegister(Register):
    """办理参数. Rows come from code and are only given other values."""

    model = Parameter
    name = "parameters"
    view_verb, edit_verb = Verb.CATALOGUES_VIEW, Verb.CATALOGUES_EDIT
    key = "code"
    title_column = "label"
    columns = ("label", "value", "unit", "default", "hint")
    details = ("label", "value", "unit", "default", "bounds", "hint")
    computed = {
        "label": Computed("参数", _declared(lambda row: row.label), order="code"),
        "unit": Computed("单位", _declared(lambda row: row.unit)),
        "default": Computed("平台默认值", _declared(lambda row: row.default), number=True),
        "bounds": Computed("取值范围", _declared(lambda row: f"{row.minimum} 至 {row.maximum}")),
        "hint": Computed("说明", _declared(lambda row: row.hint)),
    }
    fields = ("value",)
    views = {**Register.views, "create": None, "template": None, "import": None, "import-errors": None}

    def queryset(self) -> Any:
        """Those that the portal asks for."""
        return super().queryset().filter(code__in=DECLARED)

    def may_create(self, user: Any) -> bool:
        """Never: they are declared in code."""
        return False
