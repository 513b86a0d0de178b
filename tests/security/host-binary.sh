#!/usr/bin/env bash
# CVE-2019-5736: no container writes to the file of rt by /proc/PID/exe, which its root would be allowed to without a user
# namespace. The file of these tests is a copy of rt, so that a hole costs nothing.
source "$(dirname "$0")/lib.bash"

mkdir "$work/installed"
cp "$RT" "$work/installed/rt"
RT=$work/installed/rt
sum=$(sha256sum <"$RT")
unharmed() {
    expect_equal "the file of rt after $1" "$(sha256sum <"$RT") $(stat -c '%a %u:%g' "$RT")" "$sum 755 0:0"
    [[ $(sha256sum <"$RT") == "$sum" ]] || install -m 755 "$work/installed/copy" "$RT"
}
cp "$RT" "$work/installed/copy"

all_capabilities='(["effective","permitted","bounding"] as $sets | .process.capabilities=reduce $sets[] as $set ({}; .[$set]=["CAP_SYS_ADMIN","CAP_SYS_PTRACE","CAP_DAC_OVERRIDE","CAP_DAC_READ_SEARCH","CAP_FOWNER","CAP_CHOWN","CAP_KILL","CAP_SETUID","CAP_SETGID"])) | .process.noNewPrivileges=false | .root.readonly=false'

# What runs as rt inside of the container: a program that is rt itself, and scripts whose interpreter it is.
new_bundle self "$all_capabilities | .process.args=[\"/proc/self/exe\",\"--version\"]" >/dev/null
expect_status 0 rt run -b "$work/self" "$prefix-self"
expect_text "rt itself as the program" "$out" "rt version"

# It holds the file open as long as rt runs, and writes when nothing executes it any more (ETXTBSY until then).
attack='for exe in /proc/[0-9]*/exe; do (
    exec 9<$exe
    [ "$(head -c 65536 <&9 2>/dev/null | md5sum)" = "$known" ] || exit
    echo caught >>/dev/shm/log
    for try in 1 2 3 4 5; do
        (echo overwritten >/proc/self/fd/9) 2>>/dev/shm/log && echo WRITTEN >>/dev/shm/log
        (echo overwritten >>/proc/self/fd/9) 2>>/dev/shm/log && echo WRITTEN >>/dev/shm/log
        chmod 666 /proc/self/fd/9 2>>/dev/shm/log && echo CHANGED >>/dev/shm/log
        sleep 0.02
    done
) 2>/dev/null; done'
known=$(head -c 65536 "$RT" | md5sum)
hostile() {  # NAME FILTER: a container whose program attacks for ever
    mkdir -p "$work/$1-log"
    new_bundle "$1" "$2 | .process.args=[\"sh\",\"-c\",$(jq -Rs . <<<"known='$known'; while :; do $attack; done")] |
        .mounts |= map(if .destination == \"/dev/shm\" then {destination:\"/dev/shm\",type:\"bind\",source:\"$work/$1-log\",options:[\"bind\",\"rw\"]} else . end)" >/dev/null
    rm -f "$work/$1-log/log"
    expect_status 0 rt run -d -b "$work/$1" "$prefix-$1"
}
exec_often() {  # NAME ROUNDS: rt that waits for its input as a process of the container, and rt on its way to another program
    local round
    for ((round = 0; round < $2; round++)); do
        sleep 0.2 | rt exec "$prefix-$1" /proc/self/exe update --resources - "$prefix-$1" >/dev/null 2>&1 || true
        rt exec "$prefix-$1" true 2>"$work/exec-error" || fail "exec $round into $1: $(tail -2 "$work/exec-error")"
    done
    checks=$((checks + 1))
    ! grep -E 'WRITTEN|CHANGED' "$work/$1-log/log" || fail "$1: the file of rt was written or changed"
}
hostile privileged "$all_capabilities"
exec_often privileged 30
unharmed "exec into a container with all rights"
expect_text "the attack had a file of rt in its hands" "$(<"$work/privileged-log/log")" caught "Read-only file system"
expect_status 0 rt delete --force "$prefix-privileged"

# An image whose programs are scripts for rt.
printf '#!/proc/self/exe --version\n' >"$work/rootfs/script"
chmod 755 "$work/rootfs/script"
new_bundle script "$all_capabilities | .process.args=[\"/script\"]" >/dev/null
rt run -b "$work/script" "$prefix-script" >/dev/null 2>&1 || true
unharmed "a script whose interpreter is rt"

# Without a user namespace rt runs from a read-only mount, with one that does not map the owner of its file it needs none.
started_anew() {  # how often rt executes itself for: COMMAND...
    strace -f -e trace=execve,execveat -o "$work/trace" "$@" >/dev/null 2>&1 || true
    grep -c '^[0-9]* *execveat(.*AT_EMPTY_PATH' "$work/trace" || true
}
new_bundle plain '.process.args=["true"]' >/dev/null
new_bundle mapped "$(userns 0:100000:65536) | .process.args=[\"true\"]" >/dev/null
new_bundle owner "$(userns 0:0:65536) | .process.args=[\"true\"]" >/dev/null
if command -v strace >/dev/null; then
    expect_equal "without a user namespace" "$(started_anew "$RT" --root "$state" run -b "$work/plain" "$prefix-plain")" 1
    expect_equal "the owner not mapped" "$(started_anew "$RT" --root "$state" run -b "$work/mapped" "$prefix-mapped")" 0
    expect_equal "the owner mapped" "$(started_anew "$RT" --root "$state" run -b "$work/owner" "$prefix-owner")" 1
    chmod 777 "$RT"
    expect_equal "written by all" "$(started_anew "$RT" --root "$state" run -b "$work/mapped" "$prefix-mapped")" 1
    chmod 755 "$RT"
    expect_equal "commands that start nothing" "$(started_anew "$RT" --root "$state" list)" 0
fi

# Where that does not help it ends, instead of starting anew for ever.
expect_status 125 env _RT_STARTED_SEALED= "$RT" --root "$state" run -b "$work/plain" "$prefix-plain"
expect_text "started anew in vain" "$err" "cannot start anew 'rt'" "can still be written from the container" "hint: install rt"
expect_nothing_left "$prefix-plain"

# What it is told and asked comes once: warnings, the process file of a pipe, a caller's descriptors, limits and signals.
new_bundle once '.process.args=["sh","-c","cat <&3; ulimit -n; sed -n s/SigBlk:.//p /proc/self/status"] | .process.Cwd=.process.cwd | del(.process.cwd) | del(.process.rlimits)' >/dev/null
limit=$(ulimit -n)
expect_status 0 rt run --preserve-fds 1 -b "$work/once" "$prefix-once" 3<<<"from the caller"
expect_equal "descriptors, limit and signals" "$out" $'from the caller\n'"$limit"$'\n0000000000000000'
expect_equal "one warning" "$(grep -c "/process/Cwd" <<<"$err")" 1
new_bundle long '.process.args=["sleep","300"]' >/dev/null
expect_status 0 rt run -d -b "$work/long" "$prefix-long"
jq '.process | .args=["echo","by a pipe"]' "$work/long/config.json" >"$work/process.json"
expect_status 0 rt exec --process <(cat "$work/process.json") "$prefix-long"
expect_equal "exec by a pipe" "$out" "by a pipe"
expect_status 0 rt delete --force "$prefix-long"

# An installation that is one file, mounted; and one on a read-only mount, which needs nothing.
touch "$work/one-file"
chmod 755 "$work/one-file"
one_file() { unshare --mount --propagation private sh -c "mount --bind '$work/installed/copy' '$work/one-file' && $1 exec '$work/one-file' --root '$state' run -b '$work/self' '$prefix-one'"; }
expect_status 0 one_file ""
expect_text "one file, mounted" "$out" "rt version"
expect_status 0 one_file "mount -o remount,bind,ro '$work/one-file' &&"
expect_text "one file, mounted read-only" "$out" "rt version"

# An ordinary user whose own file rt is, and whose container is root with his id: a sealed copy in memory.
home=$work/home
mkdir -p "$home/run"
cp "$work/installed/copy" "$home/rt"
chown -R 54321:54321 "$home"
new_bundle mine "$(userns 0:54321:1) | .linux.namespaces |= map(select(.type != \"network\" and .type != \"cgroup\")) | .linux.resources={} | .process.args=[\"/proc/self/exe\",\"--version\"]" >/dev/null
chmod -R a+rX "$work/mine" "$work/rootfs"
as_user() { XDG_RUNTIME_DIR=$home/run setpriv --reuid 54321 --regid 54321 --clear-groups --bounding-set=-all --inh-caps=-all "$@"; }
expect_status 0 as_user "$home/rt" --root "$home/run/rt" run -b "$work/mine" "$prefix-mine"
expect_text "a user's own rt" "$out" "rt version"
if command -v strace >/dev/null; then
    as_user strace -f -o "$home/run/trace" "$home/rt" --root "$home/run/rt" run -b "$work/mine" "$prefix-mine" >/dev/null 2>&1 || true
    expect_text "a user's own rt" "$(grep -E 'memfd_create|F_ADD_SEALS' "$home/run/trace")" 'memfd_create("rt"' F_SEAL_WRITE
fi

# Where executable files in memory are forbidden, which each pid namespace may say for itself: the mount needs none, and a user
# who cannot have it is told what to do.
if [[ -w /proc/sys/vm/memfd_noexec ]]; then
    forbidden() { unshare --pid --fork --mount-proc sh -c 'echo 2 >/proc/sys/vm/memfd_noexec && "$@"' - "$@"; }
    expect_status 0 forbidden "$RT" --root "$state" run -b "$work/self" "$prefix-memfd"
    expect_text "no executable memory" "$out" "rt version"
    as_user_forbidden() { forbidden env XDG_RUNTIME_DIR="$home/run" setpriv --reuid 54321 --regid 54321 --clear-groups --bounding-set=-all --inh-caps=-all "$@"; }
    expect_status 125 as_user_forbidden "$home/rt" --root "$home/run/rt" run -b "$work/mine" "$prefix-mine"
    expect_text "no executable memory, a user's own rt" "$err" "its file could be written from the container" "hint: install rt"
fi
unharmed "everything"
expect_host_unharmed "everything"
finish
