"""Runs several processes as one: they start together, and when one ends, all end."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

GRACE = 20.0  # seconds that a process gets to finish its work after being asked to stop
POLL = 0.2
PR_SET_PDEATHSIG = 1  # <sys/prctl.h>


def _die_with_parent() -> None:
    """In the child: ask Linux to end it when the supervisor is killed, so that it keeps no port."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass(frozen=True)
class Program:
    """A named command line with what it adds to the environment."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


class Supervisor:
    """Starts programs, waits, and stops the rest when one ends or a signal asks for it."""

    def __init__(self, programs: Sequence[Program]) -> None:
        self.programs = programs
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.asked_to_stop = False

    def run(self, *, started: Callable[[], bool] = lambda: True) -> tuple[int, str]:
        """Run until SIGINT or SIGTERM, or until a program ends; returns (exit code, who ended first or "").

        ``started`` is asked again and again until it answers True. The code is 0 when a
        signal asked for the end; else that of the program, and never 0, for programs
        that are to run for ever have failed when they end.
        """
        handlers = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            for program in self.programs:
                self.running[program.name] = self._start(program)
            return self._watch(started)
        finally:
            self._end_all()
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_stop = True

    def _start(self, program: Program) -> subprocess.Popen[bytes]:
        # A process group of its own: Ctrl-C reaches the supervisor alone, which ends them in peace.
        return subprocess.Popen(  # noqa: S603 -- our own command lines
            list(program.command),
            env={**os.environ, **program.environment},
            stdin=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 -- no threads here
        )

    def _watch(self, started: Callable[[], bool]) -> tuple[int, str]:
        waiting = True
        while not self.asked_to_stop:
            for name, process in self.running.items():
                if (code := process.poll()) is not None:
                    return (code if code > 0 else 1), name
            waiting = waiting and not started()
            time.sleep(POLL)
        return 0, ""

    def _end_all(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + GRACE
        for process in self.running.values():
            try:
                process.wait(timeout=max(POLL, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            # Whatever it left in its group (a killed worker leaves its scheduler) ends with it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
