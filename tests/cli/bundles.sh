#!/usr/bin/env bash
# bundles.sh NAME: the golden test of bundles/NAME. What it prints, how it ends, how it looks from outside, and that
# nothing of it is left: no state, no cgroup, no process, no mount, no change in the rootfs.
set -euo pipefail
: "${RT:?the rt to test}" "${SOURCE_DIR:?the checkout}"
name=$1

if ((EUID != 0)); then
    echo "skipped: needs root"
    exit 77
fi

# The directory has mode 0700: the mapped root may not search it, which must be no obstacle.
work=$(mktemp -d)
bundle=$work/bundle
id=golden-$name-$$
pids=()

rt() { "$RT" --root "$work/state" "$@"; }
fail() {
    echo "FAILED: $*" >&2
    exit 1
}
expect() {  # WHAT ACTUAL EXPECTED
    [[ $2 == "$3" ]] || fail "$1: got"$'\n'"$2"$'\n'"expected"$'\n'"$3"
}
cleanup() {
    rt delete --force "$id" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap cleanup EXIT

wait_for() {  # COMMAND...: up to ten seconds; a loaded machine is slow, not wrong
    local tries
    for ((tries = 0; tries < 200; tries++)); do
        if "$@"; then return; fi
        sleep 0.05
    done
    cat "$work"/output* >&2 2>/dev/null || true
    fail "gave up waiting for: $*"
}
has_lines() { [[ $(wc -l <"$1") -ge $2 ]]; }
has_status() { [[ $(rt state "$id" | jq -r .status) == "$1" ]]; }

# ctime too: an owner that was changed and put back would show.
snapshot() { (cd "$bundle/rootfs" && find . -printf '%p %y %m %U:%G %s %T@ %C@ %l\n' | LC_ALL=C sort); }

expect_nothing_left() {
    expect "state left behind" "$(find "$work/state" -mindepth 1 -maxdepth 1 ! -name .seccomp 2>/dev/null)" ""
    expect "cgroups left behind" "$(find /sys/fs/cgroup -type d -name "*$id*" 2>/dev/null)" ""
    expect "mounts left behind" "$(grep -F "$work" /proc/self/mountinfo || true)" ""
    expect "changes in the rootfs" "$(diff <(echo "$before") <(snapshot) || true)" ""
    local pid state
    for pid in "${pids[@]}"; do
        # A detached one is left to pid 1 of the machine, which may be slow to reap: a zombie (Z) is gone for rt.
        state=$(awk '/^State:/ { print $2 }' "/proc/$pid/status" 2>/dev/null || true)
        [[ -z $state || $state == Z ]] || fail "process $pid is left behind, in state $state"
    done
    pids=()
}

run_to_end() {  # runs the bundle without a terminal; output and exit code are left in $output and $code
    code=0
    output=$(rt run -b "$bundle" "$id" 2>&1 </dev/null) || code=$?
}

# The view from outside of a running container whose root is the given user of the host.
expect_running_as() {  # UID
    local uid=$1 pid state
    state=$(rt state "$id")
    expect "status" "$(jq -r .status <<<"$state")" running
    expect "id and bundle in the state" "$(jq -r '.id + " " + .bundle' <<<"$state")" "$id $bundle"
    pid=$(jq -r .pid <<<"$state")

    mapfile -t pids < <(rt ps -f json "$id" | jq '.[]')
    ((${#pids[@]} >= 2)) || fail "ps -f json shows ${#pids[@]} processes, the shell and its sleep are two"
    [[ " ${pids[*]} " == *" $pid "* ]] || fail "ps -f json lacks the pid of the state: $pid in ${pids[*]}"
    for pid in "${pids[@]}"; do
        expect "host uids of process $pid" "$(awk '/^Uid:/ { print $2, $3, $4, $5 }' "/proc/$pid/status")" \
            "$uid $uid $uid $uid"
    done

    local table
    table=$(rt ps "$id")
    expect "header of ps" "$(head -1 <<<"$table" | tr -s ' ' | sed 's/ $//')" "UID PID PPID C STIME TTY TIME CMD"
    expect "pids in the table of ps" "$(awk 'NR > 1 { print $2 }' <<<"$table" | sort -n | paste -sd' ')" "${pids[*]}"
    # ps writes a name where the host has one, cut to its column.
    local user
    user=$(awk 'NR == 2 { print $1 }' <<<"$table")
    [[ $user == "$uid" || $(id -nu "$uid" 2>/dev/null) == "${user%+}"* ]] || fail "ps shows the user $user, not $uid"

    expect "list -q" "$(rt list -q)" "$id"
    expect "list -f json" "$(rt list -f json | jq -r '.[] | .id + " " + .status + " " + .owner')" "$id running root"
}

start_in_background() {  # LINES of output after which the program waits
    : >"$work/output"  # the shell in the background may empty it only after the wait below has read it
    rt run -b "$bundle" "$id" >"$work/output" 2>&1 </dev/null &
    runner=$!
    wait_for has_lines "$work/output" "$1"
}
expect_end() {  # EXPECTED-EXIT-CODE
    code=0
    wait "$runner" || code=$?
    expect "exit code" "$code" "$1"
}

run_userns() {  # UID OUTPUT: in the foreground ended by TERM, then detached ended by KILL
    local uid=$1 text=$2
    start_in_background "$(wc -l <<<"$text")"
    expect "output" "$(cat "$work/output")" "$text"
    expect_running_as "$uid"
    rt kill "$id"
    expect_end 0
    expect "output after kill" "$(tail -1 "$work/output")" goodbye
    expect_nothing_left

    start_in_background "$(wc -l <<<"$text")"
    rt kill "$id" SIGKILL
    expect_end 137
    expect_nothing_left

    rt run -d -b "$bundle" --pid-file "$work/pid" "$id" >"$work/output" 2>&1 </dev/null
    wait_for has_lines "$work/output" "$(wc -l <<<"$text")"
    expect_running_as "$uid"
    expect "pid file" "$(cat "$work/pid")" "$(rt state "$id" | jq -r .pid)"
    rt kill "$id" 9
    wait_for has_status stopped
    expect "pid of a stopped container" "$(rt state "$id" | jq .pid)" 0
    expect "ps of a stopped container" "$(rt ps "$id" | wc -l)" 1
    rt delete "$id"
    expect_nothing_left
}

cp -r "$SOURCE_DIR/bundles/$name" "$bundle"
rm -rf "$bundle/rootfs" "$bundle/data"  # what use by hand may have left in the checkout
"$SOURCE_DIR/bundles/make-rootfs" "$bundle/rootfs"
before=$(snapshot)

case $name in
    hello)
        run_to_end
        expect "output" "$output" "hello from the container"
        expect "exit code" "$code" 0
        ;;
    userns)
        run_userns 100000 "uid=0(root) gid=0(root)
         0     100000      65536"
        ;;
    userns-two-ranges)
        run_userns 1000 "uid=0(root) gid=0(root)
         0       1000          1
         1     100000      65535"
        ;;
    non-root-user)
        run_to_end
        expect "output" "$output" "uid=1000(user) gid=1000(user) groups=33(www-data)
CapEff:	0000000000000000
/home/user"
        expect "exit code" "$code" 0
        ;;
    terminal)
        # script(1) gives it a terminal; the shell's answers stand between echoes of what is typed.
        printf -v command '%q ' "$RT" --root "$work/state" run -b "$bundle" "$id"
        code=0
        # shellcheck disable=SC2016  # the $ are for the shell of the container
        output=$(printf 'id -u; tty; stat -c "%%u:%%g %%a" $(tty); stty size; exit 7\n' |
            script -qec "stty rows 33 cols 91; exec $command" /dev/null | tr -d '\r') || code=$?
        expect "exit code" "$code" 7
        expect "answers of the shell" "$(tail -4 <<<"$output")" "0
/dev/pts/0
0:5 620
33 91"
        expect_nothing_left

        # In a pipe the shell still has a terminal of its own; the end of its input is the end of it.
        code=0
        output=$(echo 'tty; exit 8' | rt run -b "$bundle" "$id" 2>&1) || code=$?
        expect "exit code in a pipe" "$code" 8
        expect "terminal in a pipe" "$(tail -1 <<<"$output")" /dev/pts/0
        expect_nothing_left
        run_to_end
        expect "exit code without input" "$code" 0
        ;;
    volume)
        install -d -o 1000 -g 1000 "$bundle/data"
        run_to_end
        expect "exit code" "$code" 0
        # Name, owner and group; the other columns change with the time and the file system.
        expect "owners inside" "$(awk 'NF > 8 { print $9, $3, $4 }' <<<"$output")" "root.txt 0 0
www 33 33
visit.txt 33 33"
        expect "owners outside" "$(cd "$bundle/data" && stat -c '%n %u %g' root.txt www www/visit.txt)" \
            "root.txt 1000 1000
www 100032 100032
www/visit.txt 100032 100032"
        expect "what www-data wrote" "$(cat "$bundle/data/www/visit.txt")" "from www-data"
        ;;
    *) fail "bundles/$name has no golden test: write one here" ;;
esac
expect_nothing_left
