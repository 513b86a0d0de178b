"""How many system calls one `run` takes, its program and all processes of the runtime included."""
import shutil

from . import flavours, processes


def count(bench, runtime, flavour):
    """None when strace could not run it."""
    summary = bench.place.directory / "strace.out"
    summary.unlink(missing_ok=True)
    command = runtime.run(bench.id(runtime, f"strace-{flavour}"), flavours.bundle(bench.place, flavour))
    code, _ = processes.run(bench.place, [shutil.which("strace"), "-f", "-c", "-o", summary, *command])
    runtime.discard(bench.id(runtime, f"strace-{flavour}"))
    if code != 0 or not summary.exists():
        return None
    for line in summary.read_text().splitlines():
        words = line.split()
        if words and words[-1] == "total":  # % time, seconds, usecs/call, calls, [errors], total
            return int(words[3])
    return None


def measure(bench, names):
    """(flavour, {name of runtime: number}); nothing without strace."""
    if shutil.which("strace") is None:
        return []
    return [(flavour, {runtime.name: count(bench, runtime, flavour) for runtime in bench.runtimes}) for flavour in names]
