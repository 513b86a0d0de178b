"""Starts commands, waits for them and for what they leave to this process, and measures."""
import os
import pathlib
import select
import signal
import time
from typing import NamedTuple

TIME_LIMIT = 120  # seconds that a command may take, when something hangs: nothing is judged by it


class Sample(NamedTuple):
    """wall and cpu in milliseconds, memory in KiB."""

    wall: float
    cpu: float
    memory: float
    ok: bool


FAILED = Sample(0.0, 0.0, 0.0, False)


def spawn(place, command):
    """The container gets regular files: whoever changes the owner of its standard input changes only these."""
    words = [str(word) for word in command]
    variables = {name: value for word in words for name, value in place.variables.get(word, {}).items()}
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, str(place.directory / "stdin"), os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(place.directory / "stdout"), os.O_WRONLY | os.O_TRUNC, 0),
        (os.POSIX_SPAWN_OPEN, 2, str(place.directory / "stderr"), os.O_WRONLY | os.O_TRUNC, 0),
    ]
    return os.posix_spawn(words[0], words, os.environ | variables, file_actions=actions)


def wait(pid):
    """Its status and usage; a command that hangs is killed."""
    descriptor = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if not poll.poll(TIME_LIMIT * 1000):
            os.kill(pid, signal.SIGKILL)
        _, status, usage = os.wait4(pid, 0)
    finally:
        os.close(descriptor)
    return status, usage


def run(place, command):
    """Exit status (negative: a signal) and standard output."""
    status, _ = wait(spawn(place, command))
    return os.waitstatus_to_exitcode(status), (place.directory / "stdout").read_text(errors="replace")


def cpu_milliseconds(usage):
    return (usage.ru_utime + usage.ru_stime) * 1000


def measure(place, stopwatch, command):
    result = place.directory / "stopwatch.out"
    result.unlink(missing_ok=True)
    wait(spawn(place, [stopwatch, result, *command]))
    if not result.exists():
        return FAILED
    wall, cpu, memory, status = result.read_text().split()
    return Sample(int(wall) / 1000, int(cpu) / 1000, int(memory), int(status) == 0)


def measure_together(place, commands):
    """All at once; wall, CPU per command."""
    begin = time.monotonic()
    ends = [wait(pid) for pid in [spawn(place, command) for command in commands]]
    wall = (time.monotonic() - begin) * 1000
    cpu = sum(cpu_milliseconds(usage) for _, usage in ends)
    return Sample(wall / len(commands), cpu / len(commands), 0.0, all(status == 0 for status, _ in ends))


def wait_for_inherited(limit=20.0):
    """Waits for the first process of a container, which was left to this one: its CPU time, None if there is none."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        try:
            pid, _, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return None
        if pid:
            return cpu_milliseconds(usage)
        time.sleep(0.0002)
    return None


def children():
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            after_name = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        if int(after_name[1]) == os.getpid():
            found.append(int(entry.name))
    return found


def end_children():
    """Everything that this process has started or inherited: nothing else is a child of it."""
    while True:
        pids = children()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)
        if not pids:
            return
