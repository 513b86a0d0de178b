"""Compiles the programs of the bench, and the seccomp program of the floor."""
import json
import os
import subprocess

from . import flavours
from .place import HERE

ACTIONS = {
    "SCMP_ACT_ALLOW": 0x7FFF0000,
    "SCMP_ACT_LOG": 0x7FFC0000,
    "SCMP_ACT_TRAP": 0x00030000,
    "SCMP_ACT_KILL": 0x00000000,
    "SCMP_ACT_KILL_PROCESS": 0x80000000,
}


def compile_c(place, name, sources, *options):
    target = place.directory / name
    compiler = os.environ.get("CC", "cc")
    subprocess.run([compiler, "-O2", "-D_GNU_SOURCE", "-o", target, *sources, *options], check=True, stdin=subprocess.DEVNULL)
    return target


def floor(place):
    return compile_c(place, "floor", sorted((HERE / "floor").glob("*.c")), "-static")


def stopwatch(place):
    return compile_c(place, "stopwatch", [HERE / "stopwatch.c"], "-static")


def grant_memlock(place):
    return compile_c(place, "grant_memlock.so", [HERE / "grant_memlock.c"], "-shared", "-fPIC")


def _action(name, number):
    return 0x00050000 | (1 if number is None else number) if name == "SCMP_ACT_ERRNO" else ACTIONS[name]


def _rules(profile):
    yield f"default {_action(profile['defaultAction'], profile.get('defaultErrnoRet'))}"
    for name in profile["architectures"]:
        yield f"arch {name.removeprefix('SCMP_ARCH_').lower()}"
    for group in profile["syscalls"]:
        conditions = "".join(
            f" {one['index']} {one['op'].removeprefix('SCMP_CMP_')} {one['value']} {one.get('valueTwo', 0)}"
            for one in group.get("args") or []
        )
        for name in group["names"]:
            yield f"rule {_action(group['action'], group.get('errnoRet'))} {name}{conditions}"


def seccomp_filter(place):
    """Made beforehand: loading it is what the kernel asks for, compiling it is work of a runtime."""
    compiler = compile_c(place, "compile_filter", [HERE / "compile_filter.c"], "-lseccomp")
    rules = "\n".join(_rules(json.loads(flavours.SECCOMP.read_text())))
    subprocess.run([compiler, place.directory / "filter"], input=rules, text=True, check=True)
