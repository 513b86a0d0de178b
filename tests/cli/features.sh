#!/usr/bin/env bash
# rt features: complete, valid, and true.
source "$(dirname "$0")/lib.bash"

rt features >"$work/features.json"
ask() { jq -rc "$1" "$work/features.json"; }
holds() {  # WHAT FILTER: the filter gives true
    checks=$((checks + 1))
    [[ $(ask "$2") == true ]] || fail "features: $1"
}

# Every field of features.md and features-linux.md is there, with a value, and no other.
expect_equal "fields" "$(ask '[paths | map(select(type == "string")) | select(. != []) | join(".")] | unique | .[]')" "$(LC_ALL=C sort <<'END'
annotations
annotations.io.github.seccomp.libseccomp.version
annotations.org.rt.commit
annotations.org.rt.version
hooks
linux
linux.apparmor
linux.apparmor.enabled
linux.capabilities
linux.cgroup
linux.cgroup.rdma
linux.cgroup.systemd
linux.cgroup.systemdUser
linux.cgroup.v1
linux.cgroup.v2
linux.intelRdt
linux.intelRdt.enabled
linux.intelRdt.monitoring
linux.intelRdt.schemata
linux.memoryPolicy
linux.memoryPolicy.flags
linux.memoryPolicy.modes
linux.mountExtensions
linux.mountExtensions.idmap
linux.mountExtensions.idmap.enabled
linux.namespaces
linux.netDevices
linux.netDevices.enabled
linux.seccomp
linux.seccomp.actions
linux.seccomp.archs
linux.seccomp.enabled
linux.seccomp.knownFlags
linux.seccomp.operators
linux.seccomp.supportedFlags
linux.selinux
linux.selinux.enabled
mountOptions
ociVersionMax
ociVersionMin
potentiallyUnsafeConfigAnnotations
END
)"
holds "nothing is null" '[.. | select(. == null)] == []'
holds "no name stands twice" '[.. | arrays | length == (unique | length)] | all'

# The versions are taken, at both ends.
for version in $(ask '.ociVersionMin, .ociVersionMax'); do
    new_bundle "version-$version" ".ociVersion=\"$version\"" >/dev/null
    expect_status 0 rt run -b "$work/version-$version" "$prefix-version"
done

# What the examples of the spec have is there, but where they name what only runc has.
holds "hooks" '.hooks == ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]'
holds "namespaces" '(.linux.namespaces | sort) == ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"]'
holds "capabilities" '[.linux.capabilities[] | select(test("^CAP_[A-Z_]+$") | not)] == []'
expect_equal "capabilities of the kernel" "$(ask '.linux.capabilities | length')" $(($(</proc/sys/kernel/cap_last_cap) + 1))
expect_equal "first and last capability" "$(ask '.linux.capabilities | .[0] + " " + .[40]')" "CAP_CHOWN CAP_CHECKPOINT_RESTORE"
holds "actions" '(.linux.seccomp.actions | sort) == (["ALLOW", "ERRNO", "KILL", "KILL_PROCESS", "KILL_THREAD", "LOG", "NOTIFY", "TRACE", "TRAP"] | map("SCMP_ACT_" + .))'
holds "operators" '(.linux.seccomp.operators | sort) == (["EQ", "GE", "GT", "LE", "LT", "MASKED_EQ", "NE"] | map("SCMP_CMP_" + .))'
holds "architectures" '(["X86", "X86_64", "X32", "ARM", "AARCH64", "MIPS", "MIPSEL64N32", "PPC64LE", "S390X", "RISCV64"] | map("SCMP_ARCH_" + .)) - .linux.seccomp.archs == []'
holds "memory policies" '.linux.memoryPolicy.modes == (["DEFAULT", "BIND", "INTERLEAVE", "WEIGHTED_INTERLEAVE", "PREFERRED", "PREFERRED_MANY", "LOCAL"] | map("MPOL_" + .))'
holds "their flags" '.linux.memoryPolicy.flags == (["NUMA_BALANCING", "RELATIVE_NODES", "STATIC_NODES"] | map("MPOL_F_" + .))'

# Which flags of seccomp(2) this kernel takes: EFAULT for a filter that is none, EINVAL for an unknown flag.
probed=$(python3 - <<'END'
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
flags = {"TSYNC": 1, "LOG": 2, "SPEC_ALLOW": 4, "WAIT_KILLABLE_RECV": 32 | 8}  # the last goes with NEW_LISTENER only
SECCOMP, SET_MODE_FILTER = {"x86_64": 317, "aarch64": 277, "riscv64": 277}[__import__("platform").machine()], 1
for name, value in sorted(flags.items()):
    libc.syscall(SECCOMP, SET_MODE_FILTER, value, None)
    if ctypes.get_errno() == errno.EFAULT:
        print("SECCOMP_FILTER_FLAG_" + name)
END
)
expect_equal "flags that this kernel takes" "$(ask '.linux.seccomp.supportedFlags | sort | .[]')" "$probed"
holds "flags" '.linux.seccomp.supportedFlags - .linux.seccomp.knownFlags == []'

# What is true or listed is taken in config.json; mount options are those of the table in config.md at least.
holds "mount options" '["async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "iversion", "lazytime", "loud",
    "noatime", "nodev", "nodiratime", "noexec", "noiversion", "nolazytime", "norelatime", "nostrictatime", "nosuid", "nosymfollow",
    "private", "ratime", "rbind", "rdev", "rdiratime", "relatime", "remount", "rexec", "rnoatime", "rnodiratime", "rnoexec",
    "rnorelatime", "rnostrictatime", "rnosuid", "rnosymfollow", "ro", "rprivate", "rrelatime", "rro", "rrw", "rshared", "rslave",
    "rstrictatime", "rsuid", "rsymfollow", "runbindable", "rw", "shared", "silent", "slave", "strictatime", "suid", "symfollow",
    "sync", "tmpcopyup", "unbindable", "idmap", "ridmap"] - .mountOptions == []'
holds "rest" '.linux | [.seccomp, .apparmor, .selinux, .intelRdt, .mountExtensions.idmap, .netDevices] | map(.enabled) | all'
holds "cgroups" '.linux.cgroup | .v1 and .v2 and .rdma'
holds "libseccomp" '.annotations["io.github.seccomp.libseccomp.version"] | test("^2[.][0-9]+[.][0-9]+$")'
expect_equal "libseccomp as rt --version has it" "$(ask '.annotations["io.github.seccomp.libseccomp.version"]')" \
    "$("$RT" --version | sed -n 's/^libseccomp: //p')"

# No privileges are needed, and no /proc file of root's.
if setpriv --reuid 12345 --regid 12345 --clear-groups true 2>/dev/null; then
    cp "$RT" "$work/rt"
    setpriv --reuid 12345 --regid 12345 --clear-groups "$work/rt" features >"$work/user.json"
    cmp -s "$work/features.json" "$work/user.json" || fail "an ordinary user sees other features"
fi

finish
