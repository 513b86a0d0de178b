"""What is measured: each operation makes what it needs, measures, and removes what it made."""
import pathlib
import shutil
import stat

from . import flavours, processes, rounds
from .processes import Sample


class Bench:
    """What the operations share."""

    def __init__(self, place, stopwatch, runtimes, sizes):
        self.place, self.stopwatch, self.runtimes, self.sizes = place, stopwatch, runtimes, sizes

    def measure(self, command):
        return processes.measure(self.place, self.stopwatch, command)

    def id(self, runtime, number):
        return f"{self.place.name}-{runtime.name}-{number}"

    def without_floor(self):
        return [runtime for runtime in self.runtimes if runtime.name != "floor"]

    def up(self, runtime, container, flavour, start=True):
        """A container whose program sleeps."""
        bundle = flavours.bundle(self.place, flavour, sleeping=True)
        processes.run(self.place, runtime.create(container, bundle))
        if start:
            processes.run(self.place, runtime.start(container))

    def down(self, runtime, container):
        processes.run(self.place, runtime.kill(container))
        processes.wait_for_inherited(5)
        runtime.discard(container)


def run(bench, flavour):
    bundle = flavours.bundle(bench.place, flavour)

    def once(runtime, number):
        return {"run": bench.measure(runtime.run(bench.id(runtime, number), bundle))}

    return rounds.paired(bench.runtimes, bench.sizes.rounds, once)


def life(bench, flavour):
    """create, start, the end of the program, delete: each, and the sum with the CPU time of the container's init."""
    bundle = flavours.bundle(bench.place, flavour)

    def once(runtime, number):
        container = bench.id(runtime, number)
        create = bench.measure(runtime.create(container, bundle))
        start = bench.measure(runtime.start(container))
        init = processes.wait_for_inherited()
        delete = bench.measure(runtime.delete(container))
        steps = (create, start, delete)
        ok = init is not None and all(step.ok for step in steps)
        if not ok:
            bench.down(runtime, container)
        whole = Sample(sum(step.wall for step in steps), sum(step.cpu for step in steps) + (init or 0),
                       max(step.memory for step in steps), ok)
        return {"create": create, "start": start, "delete": delete, "life": whole}

    return rounds.paired(bench.runtimes, bench.sizes.rounds, once)


def kill(bench, flavour):
    def once(runtime, number):
        container = bench.id(runtime, number)
        bench.up(runtime, container, flavour)
        sample = bench.measure(runtime.kill(container))
        bench.down(runtime, container)
        return {"kill": sample}

    return rounds.paired(bench.runtimes, bench.sizes.rounds, once)


def _in_running(bench, flavour, operation, command):
    """An operation that leaves a running container as it was."""
    for runtime in bench.runtimes:
        bench.up(runtime, bench.id(runtime, "up"), flavour)
    try:
        return rounds.paired(bench.runtimes, bench.sizes.rounds,
                            lambda runtime, _: {operation: bench.measure(command(runtime, bench.id(runtime, "up")))})
    finally:
        for runtime in bench.runtimes:
            bench.down(runtime, bench.id(runtime, "up"))


def execute(bench, flavour):
    bundle = flavours.bundle(bench.place, flavour, sleeping=True)
    return _in_running(bench, flavour, "exec", lambda runtime, container: runtime.execute(container, bundle))


def state(bench, flavour):
    return _in_running(bench, flavour, "state", lambda runtime, container: runtime.state_of(container))


def at_once(bench, flavour):
    """Many containers started together: per container."""
    bundle = flavours.bundle(bench.place, flavour)

    def once(runtime, number):
        ids = [f"{bench.id(runtime, number)}-{index}" for index in range(bench.sizes.at_once)]
        return {"at once": processes.measure_together(bench.place, [runtime.run(one, bundle) for one in ids])}

    return rounds.paired(bench.runtimes, max(2, bench.sizes.rounds // 5), once)


def copy_container(directory, original, copy):
    """The state of a container under another id, as if there were one more: a thousand real ones would measure memory."""
    target = directory / copy
    target.mkdir(mode=0o700)
    for entry in (directory / original).iterdir():
        if stat.S_ISREG(entry.lstat().st_mode):
            text = entry.read_bytes().replace(original.encode(), copy.encode())
            (target / entry.name).write_bytes(text)


def with_copies(bench, runtime, count):
    """The runtime with a state directory of its own that holds COUNT containers: one real, in real/, and its copies."""
    crowd = runtime.with_state(bench.place.directory / f"crowd-{runtime.name}")
    crowd.state.mkdir(exist_ok=True)
    real = bench.id(runtime, "crowd")
    bench.up(crowd, real, "default", start=False)
    for index in range(1, count):
        copy_container(crowd.state, real, f"{real}-{index}")
    return crowd


def remove_copies(bench, crowd):
    real = bench.id(crowd, "crowd")
    for entry in list(crowd.state.iterdir()):
        if entry.name != real:
            shutil.rmtree(entry)
    bench.down(crowd, real)
    shutil.rmtree(crowd.state, ignore_errors=True)


def list_many(bench, _):
    crowds = [with_copies(bench, runtime, bench.sizes.listed) for runtime in bench.without_floor()]
    try:
        return rounds.paired(crowds, max(3, bench.sizes.rounds // 2), lambda crowd, _: {"list": bench.measure(crowd.list())})
    finally:
        for crowd in crowds:
            remove_copies(bench, crowd)


def _proportional_memory(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return None


def init_memory(bench, flavour):
    """Pss of what a created container holds until it is started."""

    def once(runtime, number):
        container = bench.id(runtime, number)
        bench.up(runtime, container, flavour, start=False)
        pid = runtime.pid_of(container)
        memory = _proportional_memory(pid) if pid else None
        bench.down(runtime, container)
        return {"init memory": Sample(0.0, 0.0, memory or 0, memory is not None)}

    return rounds.paired(bench.runtimes, min(3, bench.sizes.rounds), once)


# Each with the flavours that it is worth to be measured in, when none are asked for.
OPERATIONS = {
    "run": (run, tuple(flavours.CHANGES)),
    "life": (life, ("default", "userns", "podman")),
    "exec": (execute, ("default", "userns", "podman")),
    "state": (state, ("default",)),
    "kill": (kill, ("default",)),
    "list": (list_many, ("default",)),
    "at-once": (at_once, ("default",)),
    "memory": (init_memory, ("default", "userns")),
}
