"""Settings of the quick run: as in production, but static files keep their names: to hash and compress them costs a
quarter of a minute, and no request of the benchmark asks for one.
"""

from suzhou_portal.settings import *  # noqa: F403
from suzhou_portal.settings import STORAGES as PRODUCTION

STORAGES = {**PRODUCTION, "staticfiles": {"BACKEND": "tests.benchmarks.quick.PlainNames"}}
