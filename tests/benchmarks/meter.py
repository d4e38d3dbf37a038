"""Measuring what a call costs: the CPU of this process and of its database backend."""

import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from zlib import crc32

from django.db import connection

ROUNDS = 5
VALUES = re.compile(r"\(%s(?:, %s)*\)(?:, \(%s(?:, %s)*\))*")
SHOWN = 100


@dataclass(frozen=True)
class Cost:
    """CPU milliseconds per call, and the ratio to the floor measured beside it."""

    milliseconds: float
    ratio: float


def backend_seconds(process: int) -> float:
    """CPU seconds that a process of this machine has used."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9


def portal_backend() -> int:
    """The process of Django's database connection."""
    connection.ensure_connection()
    return int(connection.connection.info.backend_pid)


class Meter:
    """Compares calls with the floor, which has a database process of its own."""

    def __init__(self, floor: Callable[[], object], floor_backend: int, calls: int, rounds: int = ROUNDS) -> None:
        self.floor, self.floor_backend, self.calls, self.rounds = floor, floor_backend, calls, rounds
        self.floors: list[float] = []

    def cost(self, call: Callable[[], object], backend: int, calls: int) -> float:
        """CPU seconds per call."""
        started = time.process_time() + backend_seconds(backend)
        for _ in range(calls):
            call()
        return (time.process_time() + backend_seconds(backend) - started) / calls

    def measure(self, call: Callable[[], object]) -> Cost:
        """The median over some rounds, each with its own floor: the machine is never quite the same."""
        for _ in range(min(3, self.rounds)):
            call()
        calls = max(self.calls // self.rounds, 1)
        costs, ratios = [], []
        for _ in range(self.rounds):
            floor = self.cost(self.floor, self.floor_backend, calls)
            cost = self.cost(call, portal_backend(), calls)
            self.floors.append(floor)
            costs.append(cost * 1000)
            ratios.append(cost / floor)
        return Cost(median(costs), median(ratios))


def statements(call: Callable[[], object]) -> Counter[str]:
    """Which statements the call sends, and how often; transaction control left out.

    Statements are the same that differ in their values alone, however many there are in a list.
    """
    sent: Counter[str] = Counter()

    def note(execute, sql, params, many, context):
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            plain = VALUES.sub("(…)", sql)
            sent[f"{plain[:SHOWN]} #{crc32(plain.encode()):08x}"] += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        call()
    return sent
