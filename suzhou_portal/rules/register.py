"""The registers of the parameters, of office hours, and of the days that the district declares."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from suzhou_portal.accounts.roles import Verb
from suzhou_portal.lib.registers import Register, site
from suzhou_portal.lib.registers import pages as views
from suzhou_portal.lib.registers.tables import Computed
from suzhou_portal.rules import calendars
from suzhou_portal.rules.models import CalendarDay, OfficeHours, Parameter
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


# --- the working calendar ---------------------------------------------------------------


class _Foreseeing(views.RegisterPage):
    """Says after saving what the changed calendar means for the clocks that run."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """See the page itself."""
        response: HttpResponse = super().post(request, *args, **kwargs)  # type: ignore[misc]
        if response.status_code == HTTPStatus.FOUND:
            for text in calendars.foreseen():
                messages.info(request, text)
        return response


class _CreatePage(_Foreseeing, views.CreatePage):
    """Adds a row of the calendar."""


class _EditPage(_Foreseeing, views.EditPage):
    """Changes a row of the calendar."""


class CalendarRegister(Register):
    """What the working calendar is made of: each change is on record as one of the calendar."""

    view_verb, edit_verb = Verb.CATALOGUES_VIEW, Verb.CATALOGUES_EDIT
    views = {**Register.views, "create": _CreatePage, "edit": _EditPage}

    def kept(self, save: Any, by: Any) -> Any:
        """See the base."""
        with transaction.atomic():
            row = super().kept(save, by)
            calendars.note_change(by)
            return row


@site.register
class OfficeHoursRegister(CalendarRegister):
    """办公时间."""

    model = OfficeHours
    name = "office-hours"
    title_column = "starts"
    columns = ("starts", "yearly", "morning", "afternoon", "note")
    details = columns
    computed = {
        "morning": Computed("上午", lambda row: f"{row.morning_from:%H:%M}–{row.morning_to:%H:%M}"),
        "afternoon": Computed("下午", lambda row: f"{row.afternoon_from:%H:%M}–{row.afternoon_to:%H:%M}"),
    }
    filters = ("yearly",)
    fields = ("starts", "yearly", "morning_from", "morning_to", "afternoon_from", "afternoon_to", "note")
    together = (("morning_from", "morning_to"), ("afternoon_from", "afternoon_to"))


@site.register
class CalendarDayRegister(CalendarRegister):
    """工作日历: a year's holidays may be imported as a sheet."""

    model = CalendarDay
    name = "calendar-days"
    title_column = "day"
    columns = ("day", "weekday", "kind", "reason", "is_active")
    details = columns
    computed = {"weekday": Computed("星期", lambda row: "一二三四五六日"[row.day.weekday()])}
    filters = ("kind", "is_active")
    search = ("reason",)
    fields = ("day", "kind", "reason", "is_active")
    create_only = ("day",)
    import_key = "day"
