"""Days as the portal writes them, 2026-11-30, in every browser."""

from typing import Any

from django import forms


class DayInput(forms.DateInput):
    """A day, typed. A browser's own date input shows it in the order of the browser's language; here that input only
    lends its calendar (``data-day``, static/js/portal.js), and without script one types.
    """

    input_type = "text"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        own = {
            "data-day": True,
            "placeholder": "2026-11-30",
            "pattern": "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}",
            "maxlength": "10",
            "inputmode": "numeric",
            "autocomplete": "off",
        }
        super().__init__({**own, **(attrs or {})}, format="%Y-%m-%d")
