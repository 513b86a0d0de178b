"""The few system calls that Python has no name for."""
import ctypes
import os

CLONE_NEWNS = 0x00020000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result, what):
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def mount(source, target, kind=None, flags=0, data=None):
    words = [word.encode() if word is not None else None for word in (source, target, kind)]
    _checked(_libc.mount(*words, ctypes.c_ulong(flags), data.encode() if data else None), f"mount '{target}'")


def unmount(target):
    _checked(_libc.umount2(target.encode(), MNT_DETACH), f"unmount '{target}'")


def leave_mount_namespace():
    """From now on what is mounted here is seen by this process and its children only."""
    _checked(_libc.unshare(CLONE_NEWNS), "unshare")
    mount(None, "/", None, MS_REC | MS_PRIVATE)


def become_subreaper():
    """The first process of a container becomes a child of this one when the runtime that made it ends."""
    _checked(_libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")
