#!/usr/bin/env bash
# Network devices that move into the container: name, addresses, state, conflicts, and that a failed create leaves them where
# they were. The "host" is a network namespace of this test.
[[ -n ${RT_TEST_NETWORK:-} ]] || exec env RT_TEST_NETWORK=private unshare --net "$0" "$@"
source "$(dirname "$0")/lib.bash"
ip link add name probe0 type veth peer name probe1 2>/dev/null || skip "this kernel has no veth devices"
ip link delete probe0

user_maps=$(userns 0:100000:65536)
id=$prefix-net

# A pair whose first end has addresses of every kind, an odd MTU and a MAC of its own, and is up.
make_device() {  # NAME
    ip link add name "$1" type veth peer name "$1p"
    ip link set "$1" mtu 1400 address 02:11:22:33:44:55
    ip addr add 10.1.2.3/24 brd 10.1.2.255 label "$1:x" dev "$1"
    ip addr add 10.1.2.4/24 dev "$1"                                     # secondary
    ip addr add 10.9.9.1 peer 10.9.9.2/32 dev "$1"                       # point to point
    ip addr add 169.254.7.7/16 scope link dev "$1"                       # not global
    ip addr add 10.5.5.5/24 valid_lft 1000 preferred_lft 1000 dev "$1"   # not permanent
    ip addr add fd00:1::2/64 nodad dev "$1"
    ip addr add fd00:1::3/64 nodad preferred_lft 0 dev "$1"              # deprecated, and stays
    ip link set "$1p" up
    ip link set "$1" up
    # What only the host has: routes, and a bridge.
    ip route add 10.77.0.0/16 dev "$1" metric 7
    ip route add 10.78.0.0/16 via 10.1.2.9 src 10.1.2.3
    ip route add 10.79.0.0/16 via 10.77.0.1 dev "$1" table 79 onlink
    ip -6 route add fd00:7::/64 dev "$1" metric 7
    ip -6 route add fd00:8::/64 via fd00:1::9 dev "$1"
    ip link show bridge0 >/dev/null 2>&1 || ip link add bridge0 type bridge
    ip link set "$1" master bridge0
}
# The kernel ends a namespace, and the devices in it, some time after its last process.
forget() {  # NAME-OF-THE-OTHER-END...
    local name
    for name in "$@"; do ip link delete dev "$name" 2>/dev/null || true; done
}
# Addresses as "family local peer/prefix label", without those of the kernel's own making.
addresses() { jq -r '.[].addr_info[] | select(.scope=="global") | [.family,.local,.address//"-",.prefixlen,.label//"-",.broadcast//"-",.preferred_life_time] | map(tostring) | join(" ")'; }
on_host() { ip -j addr show dev "$1" | addresses; }
inside() { nsenter --net="/proc/$(rt state "$id" | jq .pid)/ns/net" ip "$@"; }
snapshot() { ip -j addr | jq -cS '[.[] | {ifname,mtu,address,master,flags:(.flags|sort),addr:[.addr_info[]|select(.scope=="global" and .valid_life_time==4294967295)|{local,prefixlen,"label":.label,scope}]}] | sort_by(.ifname)'; ip route show table all | grep -v 'proto kernel' | sort; ip -6 route show table all | grep -v 'proto kernel' | grep -v anycast | sort; }

for variant in host user; do
    extra=.
    [[ $variant == user ]] && extra=$user_maps

    # Renamed, with everything that stays.
    make_device moved
    new_bundle "rename-$variant" "$extra | .linux.netDevices={moved:{name:\"inside0\"}}" >/dev/null
    expect_status 0 rt create -b "$work/rename-$variant" "$id"
    expect_equal "gone from the host" "$(ip -br link show dev moved 2>&1)" 'Device "moved" does not exist.'
    expect_equal "addresses, $variant" "$(inside -j addr show dev inside0 | addresses)" "inet 10.1.2.3 - 24 inside0:x 10.1.2.255 4294967295
inet 10.9.9.1 10.9.9.2 32 inside0 - 4294967295
inet 10.1.2.4 - 24 inside0 - 4294967295
inet6 fd00:1::3 - 64 - - 0
inet6 fd00:1::2 - 64 - - 4294967295"
    expect_equal "mtu, hardware address, state" \
        "$(inside -j link show dev inside0 | jq -r '.[] | "\(.mtu) \(.address) \(.flags|index("UP")!=null)"')" "1400 02:11:22:33:44:55 true"
    expect_equal "secondary" "$(inside -j addr show dev inside0 | jq '[.[].addr_info[]|select(.secondary)|.local]|tostring')" '"[\"10.1.2.4\"]"'
    expect_equal "link-local addresses stay behind" "$(inside -j addr show dev inside0 | jq '[.[].addr_info[]|select(.local=="169.254.7.7")]|length')" 0
    # It carries packets: the other end is on the host.
    ip addr add 10.1.2.1/24 dev movedp
    checks=$((checks + 1))
    inside route get 10.1.2.1 >/dev/null || fail "no route to the other end"
    for _ in $(seq 100); do [[ $(inside -j link show dev inside0 | jq -r '.[].operstate') == UP ]] && break; sleep 0.05; done
    checks=$((checks + 1))
    nsenter --net="/proc/$(rt state "$id" | jq .pid)/ns/net" bash -c 'exec 3<>/dev/udp/10.1.2.1/9 && echo x >&3' || fail "nothing can be sent"
    expect_status 0 rt delete --force "$id"
    for _ in $(seq 100); do ip link show dev movedp >/dev/null 2>&1 || break; sleep 0.05; done
    expect_equal "the device ends with the container" "$(ip -br link show dev movedp 2>&1)" 'Device "movedp" does not exist.'
    expect_nothing_left "$id"

    # Several: one keeps its name, two are numbered by the kernel; names may cross.
    for name in a b c d; do ip link add name "$name" type veth peer name "${name}p"; done
    new_bundle "several-$variant" "$extra | .linux.netDevices={a:{},b:{name:\"eth%d\"},c:{name:\"eth%d\"},d:{name:\"b\"}}
        | .process.args=[\"sh\",\"-c\",\"ls /sys/class/net | tr '\\\\n' ' '\"]" >/dev/null
    expect_status 0 rt run -b "$work/several-$variant" "$id"
    expect_equal "several, $variant" "$out" "a b eth0 eth1 lo "
    forget ap bp cp dp

    # A template whose first number is the device's own name.
    ip link add name eth0 type veth peer name eth0p
    new_bundle "template-$variant" "$extra | .linux.netDevices={eth0:{name:\"eth%d\"}} | .process.args=[\"ls\",\"/sys/class/net\"]" >/dev/null
    expect_status 0 rt run -b "$work/template-$variant" "$id"
    expect_equal "template, $variant" "$out" $'eth0\nlo'
    forget eth0p

    # What cannot be done is refused, and everything is as before.
    make_device kept
    ip link add name other type veth peer name otherp
    before=$(snapshot)
    refused() {  # NAME FILTER FRAGMENT...
        new_bundle "$1-$variant" "$extra | $2" >/dev/null
        expect_status 125 rt run -b "$work/$1-$variant" "$id"
        expect_text "$1, $variant" "$err" "${@:3}"
        expect_nothing_left "$id"
        expect_equal "the host after $1, $variant" "$(snapshot)" "$before"
    }
    refused missing '.linux.netDevices={none0:{}}' "/linux/netDevices/none0" "there is no network device 'none0'"
    refused missing-later '.linux.netDevices={kept:{},none0:{}}' "none0"
    refused taken '.linux.netDevices={kept:{name:"lo"}}' "/linux/netDevices/kept" "has a device 'lo' already" '%d'
    refused no-namespace '.linux.netDevices={kept:{}} | del(.linux.namespaces[]|select(.type=="network"))' "/linux/netDevices" '{ "type": "network" }'
    refused own-namespace '.linux.netDevices={kept:{}} | .linux.namespaces |= map(if .type=="network" then .path="/proc/self/ns/net" else . end)' \
        "/linux/netDevices" "/proc/self/ns/net" "the one that rt itself runs in" "remove its path"
    refused bad-name '.linux.netDevices={kept:{name:"a/b"}}' "/linux/netDevices/kept/name"
    refused twice '.linux.netDevices={kept:{name:"x"},other:{name:"x"}}' "/linux/netDevices/other" "kept"
    # A later step fails: both come back, with names, addresses and state.
    refused later-step '.linux.netDevices={kept:{name:"x0"},other:{name:"x%d"}} | .linux.sysctl={"net.ipv4.no_such_thing":"1"}' "no_such_thing"
    refused later-mount '.linux.netDevices={other:{},kept:{name:"x0"}} | .mounts += [{destination:"/x",type:"bind",source:"/none",options:["bind"]}]' "/none"
    ip link delete kept
    ip link delete other

    # The parameters of a device that has moved.
    ip link add name conf type veth peer name confp
    new_bundle "sysctl-$variant" "$extra | .linux.netDevices={conf:{name:\"conf.1\"}} | .linux.sysctl={\"net.ipv4.conf.conf/1.rp_filter\":\"2\"}
        | .process.args=[\"cat\",\"/proc/sys/net/ipv4/conf/conf.1/rp_filter\"]" >/dev/null
    expect_status 0 rt run -b "$work/sysctl-$variant" "$id"
    expect_equal "parameter of a moved device, $variant" "$out" 2
    forget confp
done

# A namespace that is joined: the name conflict is seen there, and the device stays when the container has ended.
unshare --net sleep 1000 &
holder=$!
trap 'kill -KILL $holder; cleanup' EXIT
for _ in $(seq 100); do [[ $(readlink "/proc/$holder/exe") == */sleep && $(readlink "/proc/$holder/ns/net") != $(readlink /proc/self/ns/net) ]] && break; sleep 0.05; done
nsenter --net="/proc/$holder/ns/net" ip link add name taken type veth peer name takenp
nsenter --net="/proc/$holder/ns/net" ip link add name joins type veth peer name joinsp
make_device joins
join=".linux.namespaces |= map(if .type==\"network\" then .path=\"/proc/$holder/ns/net\" else . end)"
before=$(snapshot)
new_bundle conflict "$join | .linux.netDevices={joins:{name:\"taken\"}}" >/dev/null
expect_status 125 rt run -b "$work/conflict" "$id"
expect_text "conflict" "$err" "has a device 'taken' already"
new_bundle conflict-own "$join | .linux.netDevices={joins:{}}" >/dev/null
expect_status 125 rt run -b "$work/conflict-own" "$id"
expect_text "conflict of the own name" "$err" "has a device 'joins' already"
expect_equal "the host after a conflict" "$(snapshot)" "$before"
for variant in host user; do
    extra=.
    [[ $variant == user ]] && extra=$user_maps
    new_bundle "joined-$variant" "$extra | $join | .linux.netDevices={joins:{name:\"moved-$variant\"}}" >/dev/null
    expect_status 0 rt run -b "$work/joined-$variant" "$id"
    expect_equal "stays, $variant" "$(nsenter --net="/proc/$holder/ns/net" ip -j addr show dev "moved-$variant" | jq '[.[].addr_info[]|select(.local=="10.1.2.3")]|length')" 1
    nsenter --net="/proc/$holder/ns/net" ip link set "moved-$variant" name joins2
    nsenter --net="/proc/$holder/ns/net" ip link set joins2 netns $$ name joins
    ip link delete joins
    make_device joins
done
ip link delete joins

# Init fails or dies after the device has moved: it goes back.
make_device late
before=$(snapshot)
new_bundle late '.linux.netDevices={late:{}}' >/dev/null
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
    expect_status 1 strace -qq -f -o /dev/null -e trace=pivot_root -e inject=pivot_root:error=ENOMEM:when=1 \
        "$RT" --root "$state" create -b "$work/late" "$id"
    expect_equal "the host after a failure of init" "$(snapshot)" "$before"
    expect_status 1 strace -qq -f -o /dev/null -e trace=pivot_root -e inject=pivot_root:signal=KILL:when=1 \
        "$RT" --root "$state" create -b "$work/late" "$id"
    expect_equal "the host after the death of init" "$(snapshot)" "$before"
fi
finish
