"""The kinds of disputes, in the order of their codes: platform defaults, to be edited by the district."""

from pathlib import Path

from grids.mediation.models import DisputeKind
from suzhou_portal.lib.rows.reference import loads_file

loads_file(DisputeKind, Path(__file__).with_name("dispute_kinds.csv"), order=50)
