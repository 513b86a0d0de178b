#!/usr/bin/env bash
# Somebody in the container waits for processes that enter it and are rt as yet, to look into them: by ptrace, their memory,
# descriptors and directories, and the file of rt (S24, CVE-2026-41163; S1, CVE-2019-5736). RT_SECURITY_ROUNDS times exec.
source "$(dirname "$0")/lib.bash"

id=$prefix-watched
# With all that root of a container can have in a user namespace; without one, CAP_SYS_PTRACE and what could mount are the
# host's, and a container that is given them is not kept from anything.
all='["CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_DAC_READ_SEARCH","CAP_FOWNER","CAP_KILL","CAP_SETUID","CAP_SETGID","CAP_SYS_CHROOT","CAP_SETPCAP","CAP_MKNOD","CAP_NET_ADMIN"'
with() { echo ".process.noNewPrivileges=false | .process.capabilities=([\"effective\",\"permitted\",\"bounding\"] | map({(.):$1]}) | add)"; }

watched() {  # NAME FILTER
    local round
    image watched
    cp "$programs/trespass" "$image/bin/"
    chown -hR "${owner:-0:0}" "$image"
    mkdir -p "$work/log"
    chmod 777 "$work/log"
    rm -f "$work/log/seen"
    hostile_bundle watched "$2 | .process.args=[\"sh\",\"-c\",\"exec trespass true sh >/log/seen 2>&1\"]
        | .mounts += [{destination:\"/log\",type:\"bind\",source:\"$work/log\",options:[\"bind\"]}]"
    expect_status 0 rt run -d -b "$work/watched" "$id"
    for ((round = 0; round < rounds; round++)); do
        expect_status 0 rt exec --cwd /etc -u "$((round % 2))" "$id" true
    done
    checks=$((checks + 1))
    [[ $(rt state "$id" | jq -r .status) == running ]] || fail "$1: the attack has ended before: $(<"$work/log/seen")"
    expect_status 0 rt delete --force "$id"
    expect_equal "$1: reached" "$(grep reached "$work/log/seen" | sort | uniq -c | head -n 5 || true)" ''
    expect_nothing_left "$id"
}

program=$(sha256sum "$RT"; stat -c '%a %u:%g %Y %Z' "$RT")
watched "without a user namespace" "$(with "$all")"
watched "root of the host" "$same | $(with "$all,\"CAP_SYS_PTRACE\",\"CAP_SYS_ADMIN\"")"
owner=100000:100000 watched "root of a user namespace" "$mapped | $(with "$all,\"CAP_SYS_PTRACE\",\"CAP_SYS_ADMIN\"")"
expect_equal "the file of rt" "$(sha256sum "$RT"; stat -c '%a %u:%g %Y %Z' "$RT")" "$program"
expect_host_unharmed "trespassers"
finish
