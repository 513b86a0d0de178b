"""The contestants: how each is called. Containers are named by flavour and kind ("default", "default-sleep")."""
import json
import os
import pathlib
import shutil
import subprocess

from . import flavours, processes


class Runtime:
    """One with the command line that engines use."""

    def __init__(self, name, path, place):
        self.name, self.path, self.place = name, pathlib.Path(path), place
        self.state = place.directory / f"state-{name}"
        self.state.mkdir()

    def _command(self, *words):
        return [self.path, "--root", self.state, *words]

    def with_state(self, directory):
        """The same runtime with its containers elsewhere."""
        other = Runtime.__new__(type(self))
        other.__dict__.update(self.__dict__, state=directory)
        return other

    def version(self):
        text = subprocess.run([self.path, "--version"], capture_output=True, text=True, check=False).stdout
        lines = text.splitlines()
        return " ".join(line for line in lines[:2]) if lines else "unknown"

    def run(self, container, bundle, *options):
        return self._command("run", *options, "--bundle", bundle, container)

    def create(self, container, bundle):
        return self._command("create", "--bundle", bundle, container)

    def start(self, container):
        return self._command("start", container)

    def state_of(self, container):
        return self._command("state", container)

    def kill(self, container):
        return self._command("kill", container, "KILL")

    def delete(self, container):
        return self._command("delete", container)

    def execute(self, container, bundle):  # pylint: disable=unused-argument
        return self._command("exec", container, "/bin/true")

    def list(self):
        return self._command("list")

    def discard(self, container):
        """Whatever state it is in; a failure means that there is none."""
        processes.run(self.place, self._command("delete", "--force", container))

    def containers(self):
        return [entry.name for entry in self.state.iterdir() if entry.is_dir()]

    def pid_of(self, container):
        code, text = processes.run(self.place, self.state_of(container))
        return json.loads(text)["pid"] if code == 0 else None


class Floor(Runtime):
    """The floor program: what the config.json of a bundle says is told to it by options."""

    def _floor(self, bundle, *words):
        return [self.path, "-R", self.state, *(flavours.floor_options(self.place, bundle) if bundle else ()), *words]

    def _with_program(self, verb, container, bundle):
        config = json.loads((bundle / "config.json").read_text())
        return self._floor(bundle, verb, container, self.place.rootfs, *config["process"]["args"])

    def version(self):
        return "the necessary system calls only"

    def run(self, container, bundle, *options):
        return self._with_program("run", container, bundle)

    def create(self, container, bundle):
        return self._with_program("create", container, bundle)

    def start(self, container):
        return self._floor(None, "start", container)

    def state_of(self, container):
        return self._floor(None, "state", container)

    def kill(self, container):
        return self._floor(None, "kill", container)

    def delete(self, container):
        return self._floor(None, "delete", container)

    def execute(self, container, bundle):
        return self._floor(bundle, "exec", container, "/bin/true")

    def list(self):
        return None

    def discard(self, container):
        processes.run(self.place, self.kill(container))
        processes.wait_for_inherited(5)
        processes.run(self.place, self.delete(container))


def why_not(runtime, bundle):
    """Tries the default container: None when it runs, or what was said."""
    code, _ = processes.run(runtime.place, runtime.run(f"{runtime.place.name}-{runtime.name}-trial", bundle))
    if code == 0:
        return None
    said = (runtime.place.directory / "stderr").read_text(errors="replace").strip().splitlines()
    return said[-1] if said else f"exit status {code}"


def grant_memlock(runtime, library):
    """From now on it may raise RLIMIT_MEMLOCK, as far as it knows."""
    runtime.place.variables[str(runtime.path)] = {"LD_PRELOAD": str(library)}


def find(name, given):
    """The path of a runtime, or None."""
    if given is not None and not os.access(given, os.X_OK):
        return None
    return given or shutil.which(name)


def discard_all(runtimes):
    for runtime in runtimes:
        for container in runtime.containers():
            runtime.discard(container)
