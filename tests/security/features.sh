#!/usr/bin/env bash
# Attacks on what other runtimes do not have: id-mapped roots, commands that explain (map, ns, ps, scan, check) and what a container
# lets them read, device nodes for user namespaces, the notify socket.
source "$(dirname "$0")/lib.bash"

id=$prefix-feature
escape=$'\e]0;owned\a\e[2J'

# Names of files and of processes are the container's: they reach no terminal as they are, and no shell.
hostile_names() {
    image names
    local name
    for name in "a${escape}b" $'new\nline' "quote'\$(touch $host/ran)" '-rf' "$(printf 'x%.0s' {1..255})" $'\xff\xfe'; do
        mkdir -p "$image/d/$name"
        touch "$image/d/$name/file"
        chown -h 300000:300000 "$image/d/$name" "$image/d/$name/file"
    done
    mkfifo "$image/d/fifo"
    ln -s "$host" "$image/d/link"
    ln -s /dev/zero "$image/d/zero"
    mkdir -p "$(printf "$image/deep"; printf '/d%.0s' {1..900})"
    printf 'root:x:0:0:%s:/:/bin/sh\n%s' "$escape" "$(printf 'y%.0s' {1..5000})" >"$image/etc/passwd"
    hostile_bundle names "$mapped | .process.args=[\"/d/a${escape//$'\e'/\\u001b}b\"]"
    sed -i 's/\a/\\u0007/g' "$work/names/config.json"
    for command in "scan --bundle $work/names" "check --bundle $work/names" "map --bundle $work/names" "run -b $work/names $id"; do
        status=0
        # shellcheck disable=SC2086
        timeout 60 "$RT" --root "$state" $command >"$work/out" 2>"$work/err" </dev/null || status=$?
        checks=$((checks + 1))
        [[ $status -lt 124 || $status == 125 || $status == 126 || $status == 127 ]] || fail "$command: status $status"
        without_text "$command" "$(cat "$work/out" "$work/err")" $'\e' $'\a' "a mistake in rt"
    done
    expect_nothing_left "$id"

    # A process with such a name, and arguments.
    image names
    cp "$image/bin/busybox" "$image/bin/sl${escape//[$'\e\a']/_}eep" 
    hostile_bundle names "$mapped | .process.args=[\"sh\",\"-c\",\"printf '\\\\033]0;own\\\\007' >/proc/self/comm; exec -a x sleep 1000\"]"
    jq '.process.args=["sh","-c","(printf \"\\033]0;own\\007(1) R 1\" >/proc/self/comm; while :; do sleep 1; done) & exec sleep 1000"]' "$work/names/config.json" >"$work/names/new"
    mv "$work/names/new" "$work/names/config.json"
    expect_status 0 rt run -d -b "$work/names" "$id"
    for command in "ps --userns $id" "ps $id" "ns $id" "ns" "map $id" "list" "state $id"; do
        status=0
        # shellcheck disable=SC2086
        timeout 60 "$RT" --root "$state" $command >"$work/out" 2>"$work/err" </dev/null || status=$?
        expect_equal "$command: status" "$status" 0
        without_text "$command" "$(cat "$work/out" "$work/err")" $'\e' $'\a' "a mistake in rt"
    done
    expect_status 0 rt delete --force "$id"
}

# An id-mapped root: what root of the container leaves there is not root's on the host, and no link leads out.
idmapped_root() {
    image idmap
    ln -s "$host/dir" "$image/out"
    hostile_bundle idmap "$mapped | .mounts += [{destination:\"/out/made\",type:\"tmpfs\",source:\"tmpfs\"}] | .process.args=[\"sh\",\"-c\",\"touch /left; chmod 4755 /left; stat -c %u /left; mknod /node c 1 1; echo \$?\"]"
    status=0
    "$RT" --root "$state" run --idmap-rootfs -b "$work/idmap" "$id" >"$work/out" 2>"$work/err" </dev/null || status=$?
    if [[ $status == 125 && $(<"$work/err") == *idmap* ]]; then echo "no id-mapped mounts here: $(<"$work/err")"; return; fi
    expect_equal "idmapped: status" "$status" 0
    expect_equal "idmapped: inside" "$(<"$work/out")" $'0\n1'
    expect_equal "idmapped: a node" "$(ls "$image/node" 2>/dev/null || true)" ''
    expect_nothing_left "$id"
}

# Device nodes that the runtime makes for a user namespace: on what the image has at their place, links among it.
bound_devices() {
    local target
    for target in "$host/null" "$host/new" /proc/1/root"$host/null"; do
        image nodes
        ln -s "$target" "$image/node"
        ln -s "$host/dir" "$image/nodes"
        chown -hR 100000:100000 "$image"
        assault nodes "$mapped | .linux.devices=[{path:\"/node\",type:\"c\",major:1,minor:3},{path:\"/nodes/deep/x\",type:\"c\",major:1,minor:5,fileMode:438,uid:0,gid:0}]"
    done
}

# The notify socket: a directory of the host that the container sees, and must not be able to fill.
notify_directory() {
    image notify
    "$SOURCE_DIR/tests/cli/service-manager" "$work/manager.sock" "$work/told" >"$work/manager" &
    helpers+=($!)
    until grep -q ready "$work/manager"; do sleep 0.02; done
    for maps in "$plain" "$same"; do
        hostile_bundle notify "$maps | .process.args=[\"sh\",\"-c\",\"cd /run/notify && rm -f *; ln -s $host/canary x; mkdir d; ls -A; ls -d /run/notify/../../.. >/dev/null; grep -c ' /run/notify ro' /proc/self/mountinfo\"]"
        expect_status 0 env NOTIFY_SOCKET="$work/manager.sock" timeout 60 "$RT" --root "$state" run -b "$work/notify" "$id"
        expect_equal "the notify directory, $maps" "$out" $'notify.sock\n1'
        expect_nothing_left "$id"
    done
    stop_race
}

run_cases hostile_names idmapped_root bound_devices notify_directory -- "$@"
