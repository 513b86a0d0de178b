#!/usr/bin/env bash
# The systemd driver with a real systemd: the scope that holds the container, its properties, its end; a daemon-reload, update,
# names that are taken, failed units, what a killed rt leaves, and the manager of a user.
source "$(dirname "$0")/lib.bash"

[[ -d /run/systemd/system ]] || skip "systemd does not run here"
version=$(systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p')
unified=false
[[ $(stat -f -c %T /sys/fs/cgroup) == cgroup2fs ]] && unified=true

srt() { rt --systemd-cgroup "$@"; }
property() { systemctl show -P "$2" "$1"; }
# The unit is gone: systemd has not even a failed one.
expect_no_unit() { expect_equal "state of $1" "$(property "$1" LoadState) $(property "$1" ActiveState)" "not-found inactive"; }
directory_of() { # UNIT CONTROLLER
    if $unified; then echo "/sys/fs/cgroup$(property "$1" ControlGroup)"; else echo "/sys/fs/cgroup/$2$(property "$1" ControlGroup)"; fi
}
value() { cat "$(directory_of "$1" "$2")/$3"; }
until_not() { # COMMAND...: waits until it fails
    local i
    for ((i = 0; i < 100; i++)); do "$@" || return 0; sleep 0.1; done
    fail "still so: $*"
}
active() { [[ $(property "$1" ActiveState) == active ]]; }

limits='.process.args=["sleep","1000"] | .linux.resources.memory={limit:52428800} | .linux.resources.pids={limit:50}
    | .linux.resources.cpu={shares:512,quota:25000,period:50000}'

# --- a scope with its properties, in the default place ---
bundle=$(new_bundle plain "$limits")
id=$prefix-a
unit=rt-$id.scope
expect_status 0 srt run -d -b "$bundle" "$id"
expect_equal "active" "$(property "$unit" ActiveState)" active
expect_equal "place" "$(property "$unit" ControlGroup)" "/system.slice/$unit"
expect_equal "delegated" "$(property "$unit" Delegate)" yes
expect_equal "TasksMax" "$(property "$unit" TasksMax)" 50
expect_equal "quota" "$(property "$unit" CPUQuotaPerSecUSec)" 500ms
expect_text "systemctl status" "$(systemctl status "$unit")" "container $id of rt" "sleep 1000"
pid=$(rt state "$id" | jq .pid)
if $unified; then
    expect_equal "MemoryMax" "$(property "$unit" MemoryMax)" 52428800
    expect_equal "CPUWeight" "$(property "$unit" CPUWeight)" 59
    expect_equal "/proc/PID/cgroup" "$(cat "/proc/$pid/cgroup")" "0::/system.slice/$unit"
    limits_now() { echo "$(value "$unit" memory memory.max) $(value "$unit" pids pids.max) $(value "$unit" cpu cpu.max) $(value "$unit" cpu cpu.weight)"; }
    expect_equal "the kernel's limits" "$(limits_now)" "52428800 50 25000 50000 59"
else
    expect_equal "MemoryLimit" "$(property "$unit" MemoryLimit)" 52428800
    expect_equal "CPUShares" "$(property "$unit" CPUShares)" 512
    expect_equal "device policy" "$(property "$unit" DevicePolicy)" strict
    # In every hierarchy, also in those that systemd knows nothing of.
    elsewhere=$(grep -vE ":/system.slice/$unit\$" "/proc/$pid/cgroup" | grep -vE '^[0-9]+:(misc|rdma):' || true)
    expect_equal "not in its cgroup" "$elsewhere" ""
    limits_now() { echo "$(value "$unit" memory memory.limit_in_bytes) $(value "$unit" pids pids.max) $(value "$unit" cpu cpu.cfs_quota_us) $(value "$unit" cpu cpu.shares)"; }
    expect_equal "the kernel's limits" "$(limits_now)" "52428800 50 25000 512"
fi
expect_equal "rt ps" "$(rt ps -f json "$id")" "[$pid]"
expect_equal "recorded" "$(jq -r .unit.name "$state/$id/state.json")" "$unit"

# --- systemd reloads: limits and device rules stay ---
bundle_devices=$(new_bundle devices '.process.args=["sh","-c","mknod /dev/d b 8 0; mknod /dev/n c 1 3; echo made; while ! [ -e /dev/shm/go ]; do sleep 0.1; done;
    echo x >/dev/n && echo null; head -c1 /dev/d"] | .process.capabilities |= map_values(. + ["CAP_MKNOD"] | unique)')
devices=$prefix-d
srt run -b "$bundle_devices" "$devices" >"$work/devices.out" 2>"$work/devices.err" &
devices_job=$!
until_not eval '! grep -q made "$work/devices.out"'
before=$(limits_now)
checks=$((checks + 1))
systemctl daemon-reload || fail "daemon-reload"
expect_equal "limits after a daemon-reload" "$(limits_now)" "$before"
devices_pid=$(rt state "$devices" | jq .pid)
touch "/proc/$devices_pid/root/dev/shm/go"
wait "$devices_job" || true
expect_text "an allowed device after a daemon-reload" "$(<"$work/devices.out")" null
expect_text "a denied device after a daemon-reload" "$(<"$work/devices.err")" "Operation not permitted"
expect_no_unit "rt-$devices.scope"

# --- device rules of update stay as well; systemd knows them where it would set its own ---
bundle_log=$(new_bundle log ".process.args=[\"sh\",\"-c\",\"while :; do if head -c 0 /dev/log 2>/dev/null; then echo yes; else echo no; fi >/answer.new; mv /answer.new /answer; sleep 0.2; done\"]
    | .root.readonly=false | .linux.devices += [{path:\"/dev/log\",type:\"c\",major:1,minor:11,fileMode:438}]
    | .process.capabilities |= map_values(. + [\"CAP_SYSLOG\"] | unique)")
log=$prefix-l
expect_status 0 srt run -d -b "$bundle_log" "$log"
answers() { [[ $(cat "$work/rootfs/answer" 2>/dev/null) == "$1" ]]; }
until_so() { local i; for ((i = 0; i < 100; i++)); do if "$@"; then return 0; fi; sleep 0.1; done; fail "never: $*"; }
until_so answers no
echo '{"devices":[{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":1,"minor":11,"access":"r"}]}' >"$work/rules.json"
expect_status 0 rt update -r "$work/rules.json" "$log"
until_so answers yes
systemctl daemon-reload
rm -f "$work/rootfs/answer"
until_so answers yes
if ! $unified; then
    expect_text "DeviceAllow" "$(property "rt-$log.scope" DeviceAllow)" "/dev/char/1:11 r" "/dev/char/1:3 rwm"
fi
expect_status 0 rt delete --force "$log"
expect_no_unit "rt-$log.scope"

# --- limits of one block device ---
disk=$(lsblk -dno MAJ:MIN,NAME 2>/dev/null | awk '$2 !~ /zram|loop|ram/ { print $1; exit }')
if [[ -n $disk ]]; then
    rate="[{major:${disk%:*},minor:${disk#*:},rate:5000000}]"
    bundle_disk=$(new_bundle disk ".process.args=[\"sleep\",\"1000\"] | .linux.resources.blockIO={throttleReadBpsDevice:$rate,throttleWriteBpsDevice:$rate}")
    expect_status 0 srt run -d -b "$bundle_disk" "$prefix-disk"
    if $unified; then
        expect_text "IOReadBandwidthMax" "$(property "rt-$prefix-disk.scope" IOReadBandwidthMax)" "/dev/block/$disk 5000000"
        expect_text "io.max" "$(value "rt-$prefix-disk.scope" io io.max)" "$disk rbps=5000000 wbps=5000000"
    else
        expect_text "BlockIOReadBandwidth" "$(property "rt-$prefix-disk.scope" BlockIOReadBandwidth)" "/dev/block/$disk 5000000"
        expect_text "blkio.throttle" "$(value "rt-$prefix-disk.scope" blkio blkio.throttle.write_bps_device)" "$disk 5000000"
    fi
    systemctl daemon-reload
    if $unified; then
        expect_text "io.max after a daemon-reload" "$(value "rt-$prefix-disk.scope" io io.max)" "$disk rbps=5000000 wbps=5000000"
    else
        expect_text "after a daemon-reload" "$(value "rt-$prefix-disk.scope" blkio blkio.throttle.write_bps_device)" "$disk 5000000"
    fi
    expect_status 0 rt delete --force "$prefix-disk"
fi

# --- update: the kernel and systemd have the new values, and keep them ---
expect_status 0 rt update --pids-limit 60 --cpu-quota 10000 --memory 60M "$id"
expect_equal "TasksMax" "$(property "$unit" TasksMax)" 60
expect_equal "quota" "$(property "$unit" CPUQuotaPerSecUSec)" 200ms
before=$(limits_now)
expect_text "the new limits" "$before" "62914560 60 10000"
expect_status 0 rt update --cpu-period 20000 "$id"
expect_equal "quota of another period" "$(property "$unit" CPUQuotaPerSecUSec)" 500ms
expect_status 0 rt update --cpu-period 50000 "$id"
systemctl daemon-reload
expect_equal "the new limits after a daemon-reload" "$(limits_now)" "$before"
if $unified; then
    # One that the kernel refuses changes none of them.
    expect_status 1 rt update --pids-limit 70 --cpu-quota 1 "$id"
    expect_equal "TasksMax" "$(property "$unit" TasksMax)" 60
    expect_equal "limits" "$(limits_now)" "$before"
    expect_status 0 rt pause "$id"
    expect_equal "paused" "$(rt state "$id" | jq -r .status)" paused
    expect_status 0 rt resume "$id"
fi

# --- a name that is taken is refused, and its unit left alone ---
bundle_same=$(new_bundle same ".linux.cgroupsPath=\"system.slice:rt:$id\" | .process.args=[\"sleep\",\"1\"]")
expect_status 125 srt run -b "$bundle_same" "$prefix-same"
expect_text "taken" "$err" "it holds processes already"
expect_equal "still there" "$(property "$unit" ActiveState)" active
expect_nothing_left "$prefix-same"

# --- a record of an earlier boot: the unit that has the name now is somebody else's ---
cp "$state/$id/state.json" "$work/state.json"
jq '.bootId="11111111-2222-3333-4444-555555555555"' "$work/state.json" >"$state/$id/state.json"
expect_status 0 rt delete --force "$id"
expect_equal "the unit" "$(property "$unit" ActiveState)" active
expect_equal "the process" "$(cat "$(directory_of "$unit" pids)/cgroup.procs")" "$pid"
mkdir "$state/$id"
cp "$work/state.json" "$state/$id/state.json"
expect_equal "status" "$(rt state "$id" | jq -r .status)" running

# --- its end ---
expect_status 0 rt kill "$id" KILL
until_not active "$unit"
expect_status 0 rt delete "$id"
expect_no_unit "$unit"
expect_nothing_left "$id"
expect_nothing_left "$unit"
srt run -d -b "$bundle" "$id"
expect_status 0 rt delete --force "$id"
expect_no_unit "$unit"
expect_nothing_left "$unit"

# --- slices, and the name without prefix ---
slice=rttest-s$$.slice
bundle_slice=$(new_bundle slice ".linux.cgroupsPath=\"$slice:pre:name$$\" | .process.args=[\"cat\",\"/proc/self/cgroup\"]
    | .linux.namespaces |= map(select(.type != \"cgroup\"))")
expect_status 0 srt run -b "$bundle_slice" "$prefix-slice"
expect_text "cgroup in a slice" "$out" ":/rttest.slice/$slice/pre-name$$.scope"
expect_no_unit "pre-name$$.scope"
change_config slice ".linux.cgroupsPath=\"$slice::name$$\""
expect_status 0 srt run -b "$bundle_slice" "$prefix-slice"
expect_text "without prefix" "$out" "/name$$.scope"
change_config slice '.linux.cgroupsPath="/group/name"'
expect_status 125 srt run -b "$bundle_slice" "$prefix-slice"
expect_text "a path" "$err" "/linux/cgroupsPath" "slice:prefix:name" "--systemd-cgroup"
systemctl stop "$slice" rttest.slice

# --- properties of annotations; a failed unit that is left is forgotten ---
bundle_failed=$(new_bundle failed '.annotations={"org.systemd.property.CollectMode":"'"'inactive'"'","org.systemd.property.TimeoutStopSec":"7"}
    | .linux.cgroupsPath="system.slice:rt:left'$$'" | .process.args=["sleep","1000"]')
expect_status 0 srt run -d -b "$bundle_failed" "$prefix-f"
expect_equal "TimeoutStopUSec" "$(property "rt-left$$.scope" TimeoutStopUSec)" 7s
expect_equal "CollectMode" "$(property "rt-left$$.scope" CollectMode)" inactive
rt delete --force "$prefix-f"
systemd-run -q --scope --unit "rt-left$$" -p RuntimeMaxSec=1 sleep 1000 || true
until_not active "rt-left$$.scope"
expect_equal "a failed unit" "$(property "rt-left$$.scope" ActiveState)" failed
expect_status 0 srt run -d -b "$bundle_failed" "$prefix-f"
expect_equal "in its place" "$(property "rt-left$$.scope" ActiveState)" active
rt delete --force "$prefix-f"
expect_no_unit "rt-left$$.scope"
change_config failed '.annotations={"org.systemd.property.NoSuchThing":"true"}'
expect_status 125 srt run -b "$bundle_failed" "$prefix-f"
expect_text "an unknown property" "$err" "systemd answers" "org.systemd.property"
expect_no_unit "rt-left$$.scope"
expect_nothing_left "$prefix-f"

# --- a failure after the scope was made takes it back; a killed rt leaves nothing that delete does not find ---
bundle_broken=$(new_bundle broken '.process.args=["/no/such"]')
expect_status 127 srt run -b "$bundle_broken" "$prefix-b"
expect_no_unit "rt-$prefix-b.scope"
expect_nothing_left "rt-$prefix-b.scope"
bundle_hook=$(new_bundle hook '.hooks.createRuntime=[{path:"/bin/sh",args:["sh","-c","kill -9 $PPID; sleep 1"]}] | .process.args=["sleep","1000"]')
expect_status 137 srt run -b "$bundle_hook" "$prefix-k"
expect_status 0 rt delete --force "$prefix-k"
expect_no_unit "rt-$prefix-k.scope"
expect_nothing_left "$prefix-k"

# --- out of memory: the container ends, nothing failed stays ---
bundle_hog=$(new_bundle hog '.process.args=["sh","-c","x=a; while :; do x=$x$x; done"] | .linux.resources.memory={limit:16777216,swap:16777216}')
expect_status 137 srt run -b "$bundle_hog" "$prefix-o"
expect_no_unit "rt-$prefix-o.scope"

# --- the manager itself, where no bus is ---
if [[ -S /run/systemd/private ]]; then
    expect_status 1 env DBUS_SYSTEM_BUS_ADDRESS=unix:path=/no/bus "$RT" --root "$state" --systemd-cgroup create -b "$bundle" "$prefix-n"
    expect_text "no bus" "$err" "/no/bus" "--cgroup-manager"
fi

# --- a user has the own manager ---
if $unified && runuser -u tester true 2>/dev/null && [[ -S /run/user/1000/bus ]]; then
    home=$(mktemp -d /var/tmp/rt-systemd.XXXXXX)
    cp -r "$work/rootfs" "$home/rootfs"
    "$RT" spec --rootless --bundle "$home"
    jq ".process.terminal=false | .process.args=[\"sleep\",\"1000\"] | .linux.resources={memory:{limit:52428800},pids:{limit:20}}
        | .linux.uidMappings[0].hostID=1000 | .linux.gidMappings[0].hostID=1000" "$home/config.json" >"$home/config.new"
    mv "$home/config.new" "$home/config.json"
    chown -R tester: "$home"
    cp "$RT" "$home/rt"
    as_user() { runuser -u tester -- env XDG_RUNTIME_DIR=/run/user/1000 "$home/rt" "$@"; }
    user_property() { runuser -u tester -- env XDG_RUNTIME_DIR=/run/user/1000 systemctl --user show -P "$2" "$1"; }
    unit=rt-u$$.scope
    expect_status 0 as_user --systemd-cgroup run -d -b "$home" "u$$"
    expect_equal "active" "$(user_property "$unit" ActiveState)" active
    expect_equal "place" "$(user_property "$unit" ControlGroup)" "/user.slice/user-1000.slice/user@1000.service/user.slice/$unit"
    expect_equal "its limits" "$(cat "/sys/fs/cgroup$(user_property "$unit" ControlGroup)/"{memory,pids}.max)" $'52428800\n20'
    expect_status 0 as_user update --pids-limit 30 "u$$"
    expect_equal "TasksMax" "$(user_property "$unit" TasksMax)" 30
    expect_status 0 as_user delete --force "u$$"
    expect_equal "gone" "$(user_property "$unit" LoadState)" not-found
    # As root of a user namespace, as an engine of a user calls it, without mappings of its own.
    jq 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != "user"))' "$home/config.json" >"$home/config.new"
    mv "$home/config.new" "$home/config.json"
    chown tester: "$home/config.json"
    in_namespace() { runuser -u tester -- env XDG_RUNTIME_DIR=/run/user/1000 unshare -Urm "$home/rt" "$@"; }
    expect_status 0 in_namespace --systemd-cgroup run -d -b "$home" "n$$"
    expect_equal "active" "$(user_property "rt-n$$.scope" ActiveState)" active
    expect_status 0 in_namespace delete --force "n$$"
    expect_equal "gone" "$(user_property "rt-n$$.scope" LoadState)" not-found
    rm -rf "$home"
else
    echo "no user with a manager of systemd: that part is left out"
fi
echo "systemd $version"
finish
