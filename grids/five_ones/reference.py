"""The five slots of 五个一, in their order."""

from pathlib import Path

from grids.five_ones.models import FiveOne
from suzhou_portal.lib.rows.reference import SINCE, loads_file

loads_file(FiveOne, Path(__file__).with_name("five_ones.csv"), order=80, starts=SINCE)
