"""Queries run in processes of their own, so that each can be stopped, and long ones cannot keep short ones waiting."""

import asyncio
import os
import time
from collections.abc import Coroutine
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple, cast

from rejoinder.doors.web.protocol import Problem
from rejoinder.doors.web.worker import Job, Outcome, work

__all__ = ["Limits", "Workers"]

# For how many seconds of work a query counts as a short one. After that it runs when nothing else wants to. Not of
# waiting: where the machine has much else to do, short ones take longer too.
_SHORT = 0.05
_NICE = 19  # POSIX: the least that a process can ask for
_BROKEN = (
    "There is no answer, not even a part of one. It has no memory left (%d MB at most), or the query is nested too "
    "deeply, or it orders numbers beside texts, which this engine cannot: order by STR() of them."
)
_NOTHING = "There is no answer, not even a part of one. Ask for less, or load the graph into a store of your own."


class Limits(NamedTuple):
    """What one query may take: seconds, with those that it waits; bytes and rows of its answer; bytes of memory.

    `short` is how many processes wait for queries, `long` how many may be at long ones beside.
    """

    seconds: float = 10.0
    answer: int = 50_000_000
    rows: int = 100_000
    memory: int = 500_000_000
    short: int = 4
    long: int = 4


class _Process:
    """A worker, and the door to it."""

    def __init__(self, folder: str, limits: Limits) -> None:
        context = get_context("forkserver")
        context.set_forkserver_preload(["rejoinder.doors.web.worker"])
        self.is_long = False
        self.door, inside = context.Pipe()
        self._process: BaseProcess = context.Process(
            target=work, args=(inside, folder, limits.answer, limits.rows, limits.memory), daemon=True
        )
        self._process.start()
        inside.close()

    def worked(self) -> float:
        """Return how many seconds of processor time it has had; where that cannot be told, the time that has passed."""
        try:
            with open(f"/proc/{self._process.pid}/stat", encoding="ascii") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            return time.monotonic()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # proc(5): utime and stime

    def step_back(self) -> None:
        """Run from now on only when nobody else wants to."""
        self.is_long = True
        with suppress(OSError):  # it is gone already
            os.setpriority(os.PRIO_PROCESS, self._process.pid or 0, _NICE)

    def stop(self) -> None:
        """End the process, without waiting until it is gone."""
        self._process.kill()

    def kill(self) -> None:
        """End the process."""
        self.stop()
        self._process.join()
        self.door.close()


class Workers:
    """Some processes on the folder of a compiled graph.

    A query begins as a short one. If it takes longer, its process steps back and another one takes its place; if there
    are long ones enough already, it is stopped. So whatever long queries come, a short one finds a process soon. Of
    those that wait the newest goes first: in a flood, the oldest would not be answered in time anyway.
    """

    def __init__(self, folder: str, limits: Limits) -> None:
        self.limits = limits
        self._folder = folder
        self._idle: list[_Process] = []
        self._waiting: list[asyncio.Future[_Process]] = []
        self._all: set[_Process] = set()
        self._long = 0
        self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Start the processes, and wait until they are ready."""
        await asyncio.gather(*(self._add() for _ in range(self.limits.short)))

    def close(self) -> None:
        """Stop all queries at once, whose askers are told, and run no more."""
        self._closed = True
        for process in self._all:
            process.stop()

    async def stop(self) -> None:
        """End all processes."""
        self.close()
        for task in self._tasks:
            task.cancel()
        for process in self._all:
            await asyncio.to_thread(process.kill)

    async def run(self, job: Job) -> Outcome:
        """Return what has come of a query. Raises Problem where it takes too long or too much, or none can be run."""
        if self._closed:
            raise Problem(503, "The server is being ended", "Ask again when it runs.")
        until = time.monotonic() + self.limits.seconds
        process = await self._free(until)
        try:
            process.door.send(job)
            outcome, begun = None, process.worked()
            while outcome is None and process.worked() - begun < _SHORT and time.monotonic() < until:
                outcome = await _answer(process.door, _SHORT)
            if outcome is None:
                self._require_room()
                self._long += 1
                process.step_back()
                self._later(self._add())
                outcome = await _answer(process.door, until - time.monotonic())
            if outcome is None:
                raise Problem(503, f"The query was stopped after {self.limits.seconds:g} seconds", _NOTHING)
        except (EOFError, OSError):
            self._end(process)
            if self._closed:
                raise Problem(503, "The server is being ended", "Ask again when it runs.") from None
            # The engine ends its process where it finds no memory, and where it comes upon a mistake of its own.
            raise Problem(
                503, "The query was stopped: the engine broke down", _BROKEN % (self.limits.memory // 1_000_000)
            ) from None
        except BaseException:  # also where whoever asked has hung up
            self._end(process)
            raise
        if process.is_long:  # it cannot get its priority back
            self._end(process)
        else:
            self._give(process)
        return outcome

    def _require_room(self) -> None:
        if self._long >= self.limits.long:
            raise Problem(503, "The server is busy with long queries", "Ask again later, or ask for less.", retry=5)

    async def _free(self, until: float) -> _Process:
        if self._idle:
            return self._idle.pop()
        future: asyncio.Future[_Process] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            return await asyncio.wait_for(future, until - time.monotonic())
        except TimeoutError:
            raise Problem(503, "The server is busy", "Ask again later.", retry=5) from None
        finally:
            if future in self._waiting:
                self._waiting.remove(future)

    def _give(self, process: _Process) -> None:
        while self._waiting:
            future = self._waiting.pop()
            if not future.done():
                future.set_result(process)
                return
        self._idle.append(process)

    def _end(self, process: _Process) -> None:
        self._all.discard(process)
        self._later(asyncio.to_thread(process.kill))
        if process.is_long:
            self._long -= 1
        elif not self._closed:
            self._later(self._add())

    async def _add(self) -> None:
        process = await asyncio.to_thread(_Process, self._folder, self.limits)
        self._all.add(process)
        await _readable(process.door, None)
        process.door.recv()
        self._give(process)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)  # a task that nobody refers to may be collected
        task.add_done_callback(self._tasks.discard)


async def _answer(door: Connection, seconds: float) -> Outcome | None:
    """Return what comes through a door, or None where nothing does in time. Raises EOFError where it was closed."""
    return cast(Outcome, door.recv()) if await _readable(door, max(seconds, 0.0)) else None


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


async def _readable(door: Connection, seconds: float | None) -> bool:
    loop = asyncio.get_running_loop()
    readable: asyncio.Future[None] = loop.create_future()
    loop.add_reader(door.fileno(), _settle, readable)
    try:
        await asyncio.wait_for(readable, seconds)
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(door.fileno())
    return True
