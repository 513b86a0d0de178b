"""Where a bench runs: mounts and files that nobody else sees, and their end.

Everything lies on a tmpfs in a mount namespace of its own, so that no disk is measured and nothing can stay behind. Only
cgroup v2 is mounted there, whatever the machine has; and /dev/null is a copy, because some runtimes change the owner of
what is a container's standard input.
"""
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile

from . import kernel

HERE = pathlib.Path(__file__).resolve().parent.parent
SOURCE = HERE.parent.parent
CGROUPS = pathlib.Path("/sys/fs/cgroup")


def null_owner():
    status = os.stat("/dev/null")
    return status.st_uid, status.st_gid


class Place:
    """A scratch directory with a rootfs, and a name that begins the ids of all containers."""

    def __init__(self):
        self.name = f"rt-bench-{os.getpid()}"
        self.null_before = null_owner()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="rt-bench."))
        self.null_mounted = False
        self.mounted = False
        self.variables = {}  # of the environment, by the path of the program that gets them

    def enter(self):
        kernel.leave_mount_namespace()
        kernel.become_subreaper()
        kernel.mount("tmpfs", str(self.directory), "tmpfs", 0, "mode=755,size=90%,nr_inodes=0")
        self.mounted = True
        self._own_null()
        self._only_cgroup2()
        for name in ("stdin", "stdout", "stderr"):
            (self.directory / name).touch()
        subprocess.run([SOURCE / "bundles/make-rootfs", self.rootfs], check=True, stdin=subprocess.DEVNULL)

    def _own_null(self):
        copy = self.directory / "null"
        os.mknod(copy, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        copy.chmod(0o666)
        kernel.mount(str(copy), "/dev/null", None, kernel.MS_BIND)
        self.null_mounted = True

    @staticmethod
    def _only_cgroup2():
        if (CGROUPS / "cgroup.controllers").exists():
            return
        kernel.unmount(str(CGROUPS))
        kernel.mount("cgroup2", str(CGROUPS), "cgroup2")

    @property
    def rootfs(self):
        return self.directory / "rootfs"

    def sources(self, count):
        """Directories 0, 1, ... to bind, and as many targets below /mnt of the rootfs."""
        for index in range(count):
            (self.directory / "sources" / str(index)).mkdir(parents=True, exist_ok=True)
            (self.rootfs / "mnt" / str(index)).mkdir(exist_ok=True)
        return self.directory / "sources"

    def leave(self):
        """Removes what is left, and returns what went wrong: lines for people."""
        trouble = self._remove_cgroups()
        if self.null_mounted:
            kernel.unmount("/dev/null")
        if null_owner() != self.null_before:
            trouble.append(f"/dev/null belongs to {null_owner()} now; before, it was {self.null_before}")
        if self.mounted:
            kernel.unmount(str(self.directory))
        shutil.rmtree(self.directory, ignore_errors=True)
        return trouble

    def _remove_cgroups(self):
        trouble = []
        for directory, _, _ in os.walk(CGROUPS, topdown=False):
            if self.name not in directory:
                continue
            try:
                os.rmdir(directory)
            except OSError as error:
                trouble.append(f"cgroup left behind: {directory}: {error.strerror}")
        return trouble
