#!/usr/bin/env bash
# The container's view of the kernel, and what it would like to have of it: parts of /proc, devices, kernel parameters.
source "$(dirname "$0")/lib.bash"

# S2, CVE-2019-16884: an image that has its own /proc gets no label written to a file of its.
false_proc() {
    image s2
    mkdir -p "$work/fake/self/attr/apparmor" "$work/fake/sys/net/ipv4" "$work/fake/1"
    touch "$work/fake/self/attr/exec" "$work/fake/self/attr/apparmor/exec" "$work/fake/self/attr/current" "$work/fake/sys/net/ipv4/ip_forward"
    chmod -R a+rwX "$work/fake"
    for maps in "$plain" "$mapped"; do
        assault s2 "$maps | .mounts |= map(if .destination == \"/proc\" then {destination:\"/proc\",type:\"bind\",source:\"$work/fake\",options:[\"bind\"]} else . end)
            | .process.apparmorProfile=\"no-such-profile\" | .linux.sysctl={\"net.ipv4.ip_forward\":\"1\"}"
        expect_equal "a false /proc: status" "$status" 125
        assault s2 "$maps | .mounts |= map(if .destination == \"/proc\" then {destination:\"/proc\",type:\"bind\",source:\"$work/fake\",options:[\"bind\"]} else . end)
            | .linux.sysctl={\"net.ipv4.ip_forward\":\"1\"} | .linux.maskedPaths=[] | .linux.readonlyPaths=[]"
        expect_equal "written to the false /proc" "$(find "$work/fake" -type f -size +0)" ''
    done
}

# S6, GHSA-g54h-m393-cpwq: no device but the customary ones, although the container may make nodes.
devices() {
    local rules
    image s6
    for rules in 'del(.linux.resources)' '.linux.resources={}' '.linux.resources.devices=[]' '.linux.resources.devices=[{allow:false,access:"rwm"}]'; do
        assault s6 "$rules | .process.capabilities |= map_values(. + [\"CAP_MKNOD\"])
            | .mounts += [{destination:\"/nodes\",type:\"tmpfs\",source:\"tmpfs\"}]
            | .process.args=[\"sh\",\"-c\",\"for d in b,$(stat -c '%Hd,%Ld' /) c,1,1 c,1,4 c,1,11 c,10,229; do IFS=,; set -- \$d; mknod /nodes/x \$1 \$2 \$3 2>/dev/null && (: </nodes/x) 2>/dev/null && echo opened \$d; rm -f /nodes/x; done; echo on >/dev/null; echo done\"]"
        expect_equal "$rules" "$out" "done"
    done
}

# S7, CVE-2020-5291, CVE-2022-47952: rt is no set-user-ID program.
set_uid() {
    local copy=$work/set-uid mode
    chmod 755 "$work"
    for mode in 4755 2755 6755; do
        cp "$RT" "$copy"
        chown 54321:54321 "$copy"
        chmod $mode "$copy"
        for command in --version list "state x"; do
            # shellcheck disable=SC2086
            expect_status 1 setpriv --reuid 54322 --regid 54322 --clear-groups "$copy" $command
            expect_text "mode $mode" "$err" "set-user-ID"
            expect_equal "mode $mode printed" "$out" ''
        done
        rm "$copy"
    done
}

# S9, CVE-2021-43784: no length in the config becomes another one on its way to init.
lengths() {
    local length
    image s9
    for length in 65535 65536 71680 131000; do
        for maps in "$plain" "$mapped"; do
            hostile_bundle s9 "$maps"
            jq --argjson n "$length" '("x" * $n) as $long | .annotations={long:$long} | .process.env += ["LONG=" + $long] | .hostname="short"
                | .process.args=["sh","-c","echo ${#LONG} $0",":--uid 0"]' "$work/s9/config.json" >"$work/s9/new"
            mv "$work/s9/new" "$work/s9/config.json"
            expect_status 0 rt run -b "$work/s9" "$prefix-s9"
            expect_equal "$length bytes" "$out" "$length :--uid 0"
        done
        for member in .hostname .process.cwd '.mounts[0].destination' '.mounts[0].source' '.linux.maskedPaths[0]' '.linux.cgroupsPath' '.root.path'; do
            hostile_bundle s9 .
            jq --argjson n "$length" "$member = \"/\" + (\"y\" * \$n)" "$work/s9/config.json" >"$work/s9/new"
            mv "$work/s9/new" "$work/s9/config.json"
            status=0
            timeout 60 "$RT" --root "$state" run -b "$work/s9" "$prefix-s9" >"$work/out" 2>"$work/err" </dev/null || status=$?
            checks=$((checks + 1))
            [[ $status == 125 || $status == 0 ]] || fail "$member of $length bytes: status $status: $(head -c 300 "$work/err")"
            without_text "$member" "$(<"$work/err")" "a mistake in rt"
        done
    done
    expect_nothing_left "$prefix-s9"
}

# S15, CVE-2025-31133: what masks is a null device of the host, not what the image calls so.
mask_source() {
    image s15
    rm -rf "$image/dev"
    for target in /proc/sys/kernel/core_pattern /secret; do
        rm -rf "$image/dev"
        mkdir "$image/dev"
        ln -s "$target" "$image/dev/null"
        echo "of the image" >"$image/secret"
        for maps in "$plain" "$same"; do
            assault s15 "$maps | .mounts |= map(select(.destination == \"/proc\")) | .linux.maskedPaths=[\"/proc/kcore\",\"/proc/keys\",\"/etc/hosts\"] | .linux.readonlyPaths=[]
                | .process.args=[\"cat\",\"/proc/self/mountinfo\"]"
            without_text "a mask of the image" "$out" " /sys/kernel/core_pattern " "/secret "
            # With a file that is no link the container starts; then the masks are of the host.
        done
    done
    rm -rf "$image/dev"
    mkdir "$image/dev"
    echo "of the image" >"$image/dev/null"
    for maps in "$plain" "$same"; do
        assault s15 "$maps | .mounts |= map(select(.destination == \"/proc\")) | .linux.maskedPaths=[\"/etc/hosts\"] | .process.args=[\"stat\",\"-c\",\"%F %t:%T\",\"/etc/hosts\"]"
        without_text "a file as a mask" "$out" regular
    done
    # What covers it after rt made the devices: a bind mount of the config over /dev/null.
    image s15
    assault s15 ".mounts += [{destination:\"/dev/null\",type:\"bind\",source:\"$host/null\",options:[\"bind\"]}] | .linux.maskedPaths=[\"/etc/hosts\"] | .process.args=[\"stat\",\"-c\",\"%F %t:%T\",\"/etc/hosts\"]"
    without_text "a mount over /dev/null" "$out" regular
}

# S23, CVE-2026-115521: the container's own /proc has no say in what becomes read-only.
read_only() {
    image s23
    mkdir -p "$work/fds/self/fd"
    for n in {0..30}; do ln -s /tmp "$work/fds/self/fd/$n"; done
    for maps in "$plain" "$mapped"; do
        assault s23 "$maps | .root.readonly=true | .mounts |= map(if .destination == \"/proc\" then {destination:\"/proc\",type:\"bind\",source:\"$work/fds\",options:[\"bind\"]} else . end)
            | .mounts += [{destination:\"/data\",type:\"tmpfs\",source:\"tmpfs\",options:[\"ro\"]},{destination:\"/mnt\",type:\"proc\",source:\"proc\"}] | .linux.maskedPaths=[] | .linux.readonlyPaths=[\"/tmp\",\"/etc\"]
            | .process.args=[\"awk\",\"\$5 == \\\"/\\\" || \$5 == \\\"/data\\\" || \$5 == \\\"/tmp\\\" || \$5 == \\\"/etc\\\" { print \$5, substr(\$6, 1, 2) }\",\"/mnt/self/mountinfo\"]"
        # Below a root that is read-only, /tmp and /etc need no mount of their own.
        expect_text "read-only, $maps" "$out" "/ ro" "/data ro"
        without_text "read-only, $maps" "$out" rw
    done
}

# S22, CVE-2026-115520: there is no checkpoint and no restore, whose files an image could have a say in.
no_restore() {
    for command in checkpoint restore; do
        expect_status 1 rt "$command" x
        expect_text "$command" "$err" "$command"
    done
}

run_cases false_proc devices set_uid lengths mask_source read_only no_restore -- "$@"
