"""How long what was told is kept."""

from suzhou_portal.rules.parameters import declare

TIP_MONTHS = declare("scratch.tip_months", "办结后保存线索内容", default=6, unit="个月", minimum=1, maximum=60)
