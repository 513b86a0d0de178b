#!/usr/bin/env bash
# Kernel parameters, the host and the domain name, and the loopback device: of the container's namespaces, never of the host's.
source "$(dirname "$0")/lib.bash"

values() { (cd /proc/sys && cat net/ipv4/ip_forward net/ipv4/ping_group_range kernel/shmmax kernel/domainname user/max_ipc_namespaces) && hostname; }
before=$(values)

read_back() {  # FILE-OF-/proc/sys...: a program that prints them
    local args
    args=$(printf '"/proc/sys/%s",' "$@")
    echo ".process.args=[\"cat\",${args%,}]"
}

for variant in host user; do
    extra=.
    [[ $variant == user ]] && extra=$(userns 0:100000:65536)

    # One of each namespace, in each way of writing a name.
    new_bundle "set-$variant" "$extra | .domainname=\"part.example\" | .linux.sysctl={
        \"net.ipv4.ip_forward\":\"1\", \"net/ipv4/conf/lo/rp_filter\":\"2\", \"net.ipv4.ip_local_port_range\":\"20000 20001\",
        \"net.ipv4.ping_group_range\":\"5 7\", \"kernel.shmmax\":\"123456789\", \"fs.mqueue.msg_max\":\"11\"}
        | $(read_back net/ipv4/ip_forward net/ipv4/conf/lo/rp_filter net/ipv4/ip_local_port_range net/ipv4/ping_group_range \
            kernel/shmmax fs/mqueue/msg_max kernel/domainname)" >/dev/null
    expect_status 0 rt run -b "$work/set-$variant" "$prefix-set"
    expect_equal "parameters, $variant" "$(tr '\t' ' ' <<<"$out")" $'1\n2\n20000 20001\n5 7\n123456789\n11\npart.example'
    expect_nothing_left "$prefix-set"

    # By the parameter instead of the member, and by both when they agree.
    new_bundle "names-$variant" "$extra | .hostname=\"h1\" | .linux.sysctl={\"kernel.hostname\":\"h1\",\"kernel/domainname\":\"d1\"}
        | $(read_back kernel/hostname kernel/domainname)" >/dev/null
    expect_status 0 rt run -b "$work/names-$variant" "$prefix-names"
    expect_equal "names by parameters, $variant" "$out" $'h1\nd1'

    new_bundle "empty-$variant" "$extra | .hostname=\"\" | .domainname=\"\" | .linux.sysctl={\"net.ipv4.ip_local_reserved_ports\":\"\"}
        | $(read_back kernel/hostname kernel/domainname net/ipv4/ip_local_reserved_ports)" >/dev/null
    expect_status 0 rt run -b "$work/empty-$variant" "$prefix-empty"
    expect_equal "empty values, $variant" "$out" ''

    # A name that the namespace does not have, a value that the kernel refuses: init says which, and nothing is left.
    new_bundle "unknown-$variant" "$extra | .linux.sysctl={\"net.ipv4.no_such_thing\":\"1\"}" >/dev/null
    expect_status 125 rt run -b "$work/unknown-$variant" "$prefix-unknown"
    expect_text "unknown parameter, $variant" "$err" "net.ipv4.no_such_thing" "to '1'" "no such file or directory (ENOENT)"
    expect_nothing_left "$prefix-unknown"
    new_bundle "value-$variant" "$extra | .linux.sysctl={\"net.ipv4.ip_forward\":\"yes\"}" >/dev/null
    expect_status 125 rt run -b "$work/value-$variant" "$prefix-value"
    expect_text "wrong value, $variant" "$err" "net.ipv4.ip_forward" "to 'yes'" "EINVAL"
    expect_nothing_left "$prefix-value"

    # What is mounted over /proc/sys in the container receives nothing (CVE-2025-52881).
    mkdir -p "$work/canary-$variant/net/ipv4"
    : >"$work/canary-$variant/net/ipv4/ip_forward"
    chmod -R a+rwX "$work/canary-$variant"
    new_bundle "over-$variant" "$extra | .linux.readonlyPaths=[] | .linux.sysctl={\"net.ipv4.ip_forward\":\"1\"}
        | .mounts += [{destination:\"/proc/sys\",type:\"bind\",source:\"$work/canary-$variant\",options:[\"bind\"]}
            ,{destination:\"/mnt\",type:\"proc\",source:\"proc\"}]
        | .process.args=[\"cat\",\"/mnt/sys/net/ipv4/ip_forward\"]" >/dev/null
    expect_status 0 rt run -b "$work/over-$variant" "$prefix-over"
    expect_equal "value behind a mount, $variant" "$out" 1
    expect_equal "what lies over it, $variant" "$(<"$work/canary-$variant/net/ipv4/ip_forward")" ''

    # A new network namespace has its loopback device up, one that is the caller's is left as it is.
    new_bundle "lo-$variant" "$extra | .process.args=[\"ip\",\"-o\",\"addr\",\"show\",\"dev\",\"lo\"]" >/dev/null
    expect_status 0 rt run -b "$work/lo-$variant" "$prefix-lo"
    expect_text "loopback, $variant" "$out" "inet 127.0.0.1/8"
done

# The limits of the own user namespace.
new_bundle limits "$(userns 0:100000:65536) | .linux.sysctl={\"user.max_ipc_namespaces\":\"7\"} | $(read_back user/max_ipc_namespaces)" >/dev/null
expect_status 0 rt run -b "$work/limits" "$prefix-limits"
expect_equal "limit of the user namespace" "$out" 7

# What would change the host is refused, with the namespace that is missing; nothing is made.
refused() {  # NAME FILTER FRAGMENT...
    new_bundle "$1" "$2" >/dev/null
    expect_status 125 rt run -b "$work/$1" "$prefix-$1"
    expect_text "$1" "$err" "${@:3}"
    expect_nothing_left "$prefix-$1"
}
without() { echo "del(.linux.namespaces[] | select(.type==\"$1\"))"; }
refused no-network "$(without network) | .linux.sysctl={\"net.ipv4.ip_forward\":\"1\"}" \
    "/linux/sysctl/net.ipv4.ip_forward" '{ "type": "network" }'
refused no-ipc "$(without ipc) | .linux.sysctl={\"kernel.shmmax\":\"1\"}" "/linux/sysctl/kernel.shmmax" '{ "type": "ipc" }'
refused no-mqueue "$(without ipc) | .linux.sysctl={\"fs.mqueue.msg_max\":\"1\"}" '{ "type": "ipc" }'
refused no-user '.linux.sysctl={"user.max_ipc_namespaces":"7"}' "/linux/sysctl/user.max_ipc_namespaces" '{ "type": "user" }'
refused whole-machine '.linux.sysctl={"vm.swappiness":"1"}' "/linux/sysctl/vm.swappiness" "whole machine"
refused no-uts "$(without uts) | del(.hostname) | .domainname=\"d\"" "/domainname" '{ "type": "uts" }'
refused no-uts-parameter "$(without uts) | del(.hostname) | .linux.sysctl={\"kernel.domainname\":\"d\"}" \
    "/linux/sysctl/kernel.domainname" '{ "type": "uts" }'
refused conflict '.domainname="a" | .linux.sysctl={"kernel.domainname":"b"}' "/linux/sysctl/kernel.domainname" "/domainname says 'a'"
refused groups "$(userns 0:100000:1000) | .linux.sysctl={\"net.ipv4.ping_group_range\":\"0 2147483647\"}" \
    "/linux/sysctl/net.ipv4.ping_group_range" "group 2147483647" "0-999"
# A path to the caller's own namespace is no namespace of the container.
for type in network ipc uts; do
    declare -A parameter=([network]=net.ipv4.ip_forward [ipc]=kernel.shmmax [uts]=kernel.domainname) file=([network]=net [ipc]=ipc [uts]=uts)
    refused "own-$type" "del(.hostname) | .linux.namespaces |= map(if .type==\"$type\" then .path=\"/proc/$$/ns/${file[$type]}\" else . end)
        | .linux.sysctl={\"${parameter[$type]}\":\"1\"}" "/linux/sysctl/${parameter[$type]}" "/proc/$$/ns/${file[$type]}" "the one that rt itself runs in"
done

# A network namespace that is joined: its parameters are set, its loopback device is left as it is.
unshare --net sleep 300 &
holder=$!
trap 'kill -KILL $holder; cleanup' EXIT
for _ in $(seq 100); do [[ $(readlink "/proc/$holder/exe") == */sleep ]] && break; sleep 0.05; done
for variant in host user; do
    extra=.
    [[ $variant == user ]] && extra=$(userns 0:100000:65536)
    new_bundle "joined-$variant" "$extra | .linux.namespaces |= map(if .type==\"network\" then .path=\"/proc/$holder/ns/net\" else . end)
        | .linux.sysctl={\"net.ipv4.ip_default_ttl\":\"99\"} | $(read_back net/ipv4/ip_default_ttl)" >/dev/null
    if [[ $variant == host ]]; then
        expect_status 0 rt run -b "$work/joined-$variant" "$prefix-joined"
        expect_equal "parameter of a joined namespace, $variant" "$out" 99
        expect_equal "loopback of a joined namespace" "$(nsenter --net="/proc/$holder/ns/net" ip -br link show lo | awk '{print $2}')" DOWN
    else  # it belongs to the host's user namespace: the container's root may not
        expect_status 125 rt run -b "$work/joined-$variant" "$prefix-joined"
        expect_text "parameter of a joined namespace, $variant" "$err" "net.ipv4.ip_default_ttl" "EACCES"
    fi
done

expect_equal "the host's own values" "$(values)" "$before"
finish
