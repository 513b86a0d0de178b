#!/usr/bin/env bash
# A volume of the container is shared with somebody who exchanges its directories for symbolic links all the time, while
# containers are made: RT_SECURITY_ROUNDS of them (50) for each kind of attack.
source "$(dirname "$0")/lib.bash"

volume=$work/volume
share='{destination:"/vol",type:"bind",source:"'$volume'",options:["bind"]}'
up=../../../../../../../../..

# A volume whose names d and l are exchanged: a directory, and a link to TARGET.
racing_volume() {  # TARGET
    rm -rf "$volume"
    mkdir -p "$volume/d/sub"
    ln -s "$1" "$volume/l"
    chown -hR "${owner:-0:0}" "$volume"
    race "$programs/exchange" "$volume/d" "$volume/l" 2>/dev/null
}

# rounds_of CHECK: the bundle "race" again and again. A container that does not start says why, by rt's own words.
rounds_of() {
    local round started=0
    for ((round = 0; round < rounds; round++)); do
        status=0
        timeout 60 "$RT" --root "$state" run -b "$work/race" "$prefix-race" >"$work/out" 2>"$work/err" </dev/null || status=$?
        out=$(<"$work/out") err=$(<"$work/err")
        checks=$((checks + 1))
        case $status in
            0) started=$((started + 1)); "$1" ;;
            125) [[ $err == rt:* && $err != *"a mistake in rt"* ]] || fail "round $round: $err" ;;
            *) fail "round $round: status $status: $err" ;;
        esac
        rm -rf "$volume"/?/new 2>/dev/null || true  # it races as well
    done
    stop_race
    expect_nothing_left "$prefix-race"
    # Where none starts, or each one does, there was no race.
    checks=$((checks + 1))
    ((started > 0)) || fail "${FUNCNAME[1]}: no container started: $err"
    echo "${FUNCNAME[1]}: $rounds rounds, $started started"
}

# S8, CVE-2021-30465: a mount lands in the rootfs, or nowhere.
landed_once() { expect_equal "mounts in the container" "$out" 1; }
mounts() {
    local target
    image s8
    for target in "$host/dir" "$up$host/dir"; do
        mkdir -p "$image$host/dir/sub"
        hostile_bundle race ".mounts += [$share,{destination:\"/vol/d/sub\",type:\"tmpfs\",source:\"of-the-race\"}]
            | .process.args=[\"grep\",\"-c\",\" - tmpfs of-the-race \",\"/proc/self/mountinfo\"]"
        racing_volume "$target"
        rounds_of landed_once
        expect_host_unharmed "mounts by $target"
    done
}

# S13, CVE-2024-45310: what is missing is made in the rootfs, or not at all.
missing_mount_points() {
    local target
    image s13
    for target in "$host" "$up$host"; do
        hostile_bundle race ".mounts += [$share,{destination:\"/vol/d/new/deep/file\",type:\"bind\",source:\"/etc/hostname\",options:[\"bind\"]}]
            | .process.args=[\"true\"]"
        racing_volume "$target"
        rounds_of true
        expect_host_unharmed "mount points by $target"
    done
}

# S13 for the working directory, which is made too.
missing_working_directory() {
    image s13
    hostile_bundle race ".mounts += [$share] | .process.cwd=\"/vol/d/new/deep\" | .process.args=[\"true\"]"
    racing_volume "$up$host"
    rounds_of true
}

# S16, CVE-2025-52565: the console, and the pseudo terminal behind it.
terminals() {
    image s16
    rm -rf "$volume"
    mkdir -p "$volume/pts" "$volume/other"
    ln -s "$host/ptmx" "$volume/other/ptmx"
    echo "not a terminal" >"$volume/other/0"
    touch "$volume/console"
    ln -s "$host/console" "$volume/link"
    hostile_bundle race ".process.terminal=true | .process.args=[\"sh\",\"-c\",\"test -c /dev/console && echo on >/dev/console; true\"]
        | .mounts |= map(if .destination == \"/dev\" then {destination:\"/dev\",type:\"bind\",source:\"$volume\",options:[\"bind\"]} else . end)
        | .mounts |= map(select(.destination | test(\"^/dev/(shm|mqueue)\") | not))"
    race "$programs/exchange" "$volume/console" "$volume/link" "$volume/pts" "$volume/other" 2>/dev/null
    local round started=0
    for ((round = 0; round < rounds; round++)); do
        status=0
        script -qec "timeout 60 '$RT' --root '$state' run -b '$work/race' '$prefix-race'" /dev/null >"$work/out" 2>&1 </dev/null || status=$?
        checks=$((checks + 1))
        [[ $status == 0 || $status == 125 ]] || fail "round $round: status $status: $(<"$work/out")"
        ((status != 0)) || started=$((started + 1))
    done
    stop_race
    expect_nothing_left "$prefix-race"
    checks=$((checks + 1))
    ((started > 0)) || fail "no terminal was made: $(<"$work/out")"
    echo "terminals: $rounds rounds, $started started"
}

# S17, CVE-2025-52881, CVE-2025-62596: kernel parameters are written to the kernel, whatever is mounted over /proc/sys.
really_set() { expect_equal "the parameter" "$out" 1; }
kernel_parameters() {
    image s17
    rm -rf "$volume"
    mkdir -p "$volume/d/ipv4" "$image/real"
    ln -s "$host" "$volume/l"
    touch "$volume/d/ipv4/ip_forward"
    hostile_bundle race ".linux.readonlyPaths=[] | .linux.maskedPaths=[] | .linux.sysctl={\"net.ipv4.ip_forward\":\"1\"}
        | .mounts += [{destination:\"/proc/sys/net\",type:\"bind\",source:\"$volume\",options:[\"bind\"]},{destination:\"/real\",type:\"proc\",source:\"proc\"}]
        | .process.args=[\"cat\",\"/real/sys/net/ipv4/ip_forward\"]"
    ln -s d/ipv4 "$volume/ipv4"
    race "$programs/exchange" "$volume/d" "$volume/l" 2>/dev/null
    rounds_of really_set
    expect_equal "what lies over it" "$(cat "$volume"/?/ipv4/ip_forward)" ''
}

# S18, GHSA-3q8j-pf29-vwv8: what is to be read-only is read-only, wherever the race lets it land; the same for masks.
all_read_only() {
    expect_equal "mounts that can be written" "$(awk '$5 ~ "^/(vol|elsewhere)/" && $6 !~ /^ro/' <<<"$out")" ''
    expect_equal "mounts" "$(awk '$5 ~ "^/(vol|elsewhere)/" && $6 ~ /^ro/' <<<"$out" | wc -l)" 1
}
read_only_paths() {
    image s18
    mkdir -p "$image/elsewhere/sub"
    hostile_bundle race ".mounts += [$share] | .linux.readonlyPaths += [\"/vol/d/sub\"] | .process.args=[\"cat\",\"/proc/self/mountinfo\"]"
    racing_volume /elsewhere
    rounds_of all_read_only
    hostile_bundle race ".mounts += [$share] | .linux.maskedPaths += [\"/vol/d/sub\"] | .process.args=[\"cat\",\"/proc/self/mountinfo\"]"
    racing_volume /elsewhere
    rounds_of all_read_only
}

# S4 as a race, CVE-2023-27561: /proc of a rootfs that somebody else can write.
not_elsewhere() { without_text "where proc is mounted" "$out" /elsewhere; }
proc_of_a_shared_image() {
    image s4
    mkdir "$image/elsewhere"
    rmdir "$image/proc"
    ln -s /elsewhere "$image/proc"
    mkdir "$image/other"
    hostile_bundle race '.linux.maskedPaths=[] | .linux.readonlyPaths=[] | .mounts |= map(select(.destination | test("^/(proc|dev)$")))
        | .mounts += [{destination:"/real",type:"bind",source:"/proc",options:["bind"]}] | .process.args=["cat","/real/self/mountinfo"]'
    race "$programs/exchange" "$image/proc" "$image/other" 2>/dev/null
    rounds_of not_elsewhere
}

run_cases mounts missing_mount_points missing_working_directory terminals kernel_parameters read_only_paths proc_of_a_shared_image -- "$@"
