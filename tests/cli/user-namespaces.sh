#!/usr/bin/env bash
# The rules of user namespaces, one by one, against the kernel.
source "$(dirname "$0")/lib.bash"

run_fails() {  # NAME FILTER FRAGMENT...: refused before anything is made
    local name=$1 filter=$2
    shift 2
    new_bundle "$name" "$filter" >/dev/null
    expect_status 125 rt run -b "$work/$name" "$prefix-$name"
    expect_text "$name" "$err" "$@"
    expect_nothing_left "$prefix-$name"
}

run_works() {  # NAME FILTER WANTED-OUTPUT
    new_bundle "$1" "$2" >/dev/null
    expect_status 0 rt run -b "$work/$1" "$prefix-$1"
    expect_equal "$1" "$(tr -s ' \t' ' ' <<<"$out" | sed 's/^ //; s/ $//')" "$3"
    expect_nothing_left "$prefix-$1"
}

show_map='.process.args=["cat","/proc/self/uid_map"]'

# The main job.
run_works whole "$(userns 0:100000:65536) | $show_map" "0 100000 65536"
run_works identity "$(userns 0:100000:65536) | .process.args=[\"id\",\"-u\"]" 0
run_works two "$(userns 0:1000:1 1:100000:65535) | $show_map" $'0 1000 1\n1 100000 65535'
run_works sparse-any-order "$(userns 1000:200000:10 0:100000:5 33:1000:1) | $show_map" \
    $'1000 200000 10\n0 100000 5\n33 1000 1'

# A mapping without group 5 (tty): the option of devpts is left out, and said so.
expect_text "gid=5" "$err" "/mounts/2/options/5" "gid=5"

# Missing mappings.
user='.linux.namespaces += [{type:"user"}]'
map='[{containerID:0,hostID:100000,size:65536}]'
run_fails no-maps "$user" "uidMappings" "missing or empty" '"containerID": 0'
run_fails no-gid "$user | .linux.uidMappings=$map" "/linux/gidMappings" "missing or empty"
run_fails no-uid "$user | .linux.gidMappings=$map" "/linux/uidMappings" "missing or empty"
run_fails empty-uid "$user | .linux.uidMappings=[] | .linux.gidMappings=$map" "/linux/uidMappings"

# Mappings without the namespace.
new_bundle ignored ".linux.uidMappings=$map | .linux.gidMappings=$map | $show_map" >/dev/null
expect_status 0 rt run -b "$work/ignored" "$prefix-ignored"
expect_equal "host mapping" "$(tr -s ' ' <<<"$out")" " 0 0 4294967295"
expect_text "one warning" "$err" "warning" "uidMappings" "ignored"
expect_equal "number of warnings" "$(grep -c warning <<<"$err")" 1

# Wrong ranges.
run_fails size-0 "$(userns 0:100000:0)" "/linux/uidMappings/0" "size is 0"
run_fails overlap-inside "$(userns 0:100000:65536 1000:300000:10)" "/linux/uidMappings/1" \
    "container ids 1000-1009 overlap 0-65535 of entry 0" "disjoint"
run_fails overlap-outside "$(userns 0:100000:65536 70000:100010:5)" "/linux/uidMappings/1" \
    "host ids 100010-100014 overlap 100000-165535 of entry 0"
run_fails past-the-end "$(userns 0:4294967290:10)" "/linux/uidMappings/0" "4294967290-4294967299" "4294967294"
lines=$(for i in $(seq 0 340); do echo "$i:$((100000 + 2 * i)):1"; done)
# shellcheck disable=SC2086
run_fails lines-341 "$(userns $lines)" "/linux/uidMappings" "341" "340"
lines=$(for i in $(seq 0 339); do echo "$((100000 + 2 * i)):$((200000 + 2 * i)):1"; done)
# shellcheck disable=SC2086
run_fails page "$(userns $lines)" "/linux/uidMappings" "4096"
lines=$(for i in $(seq 0 299); do echo "$i:$((1000 + 2 * i)):1"; done)
# shellcheck disable=SC2086
new_bundle many "$(userns $lines) | .process.args=[\"wc\",\"-l\",\"/proc/self/uid_map\"]" >/dev/null
chmod 755 "$work/rootfs"
expect_status 0 rt run -b "$work/many" "$prefix-many"
expect_text "300 lines" "$out" "300 "
for bad in '"1000"' -1 1.5 1e20 4294967296 null; do
    run_fails "number" "$user | .linux.uidMappings=[{containerID:0,hostID:100000,size:1}] | .linux.gidMappings=[{containerID:0,hostID:$bad,size:1}]" \
        "/linux/gidMappings/0/hostID"
    rm -rf "${work:?}/number"
done

# Ids of the process outside the mapping.
small=$(userns 0:100000:1000)
run_fails uid "$small | .process.user.uid=1000" "/process/user/uid" "uid 1000" "0-999"
run_fails gid "$small | .process.user.gid=4000" "/process/user/gid" "gid 4000" "0-999"
run_fails groups "$small | .process.user.additionalGids=[5,2000]" "/process/user/additionalGids/1" "gid 2000" "0-999"

# No mapping for container id 0.
chmod 755 "$work/rootfs"
run_works no-zero "$(userns 1:100000:10) | .process.user={uid:1,gid:1} | .process.args=[\"id\",\"-u\"]" 1

# A rootfs of foreign owners: starts, shows 65534, and stays as it is.
snapshot() { (cd "$work/rootfs" && find . -printf '%p %U:%G %m %T@\n' | sort); }
before=$(snapshot)
run_works foreign "$(userns 0:100000:65536) | .process.args=[\"stat\",\"-c\",\"%u:%g\",\"/bin/busybox\"]" 65534:65534
expect_equal "the rootfs is untouched" "$(snapshot)" "$before"

# Directories above that the mapped root may not search are no obstacle.
mkdir -p "$work/closed/in"
cp -a "$work/rootfs" "$work/closed/in/rootfs"
mkdir "$work/closed/in/data"
echo content >"$work/closed/in/data/file"
chmod 700 "$work/closed"
new_bundle closed-path "$(userns 0:100000:65536) | .root.path=\"$work/closed/in/rootfs\" | .mounts += [{destination:\"/mnt\",type:\"bind\",source:\"$work/closed/in/data\",options:[\"rbind\",\"ro\"]}] | .process.args=[\"cat\",\"/mnt/file\"]" >/dev/null
expect_status 0 rt run -b "$work/closed-path" "$prefix-closed-path"
expect_equal "file below a closed directory" "$out" content

# The rootfs itself, and the program in it, must be reachable for the mapped user.
chmod 700 "$work/closed/in/rootfs"
new_bundle closed-rootfs "$(userns 0:100000:65536) | .root.path=\"$work/closed/in/rootfs\"" >/dev/null
expect_status 125 rt run -b "$work/closed-rootfs" "$prefix-closed-rootfs"
expect_text "closed rootfs" "$err" "$work/closed/in/rootfs" "0700" "0:0" "100000" "hint:"
expect_nothing_left "$prefix-closed-rootfs"
chmod 755 "$work/closed/in/rootfs"
mkdir -m 700 "$work/closed/in/rootfs/private"
cp "$work/rootfs/bin/busybox" "$work/closed/in/rootfs/private/busybox"
new_bundle closed-program "$(userns 0:100000:65536) | .root.path=\"$work/closed/in/rootfs\" | .process.args=[\"/private/busybox\",\"true\"]" >/dev/null
expect_status 126 rt run -b "$work/closed-program" "$prefix-closed-program"
expect_text "closed program" "$err" "exec /private/busybox: permission denied" "'/private'" "may not be searched by host uid 100000" "mode 0700, owner on the host 0:0" "chmod"
expect_nothing_left "$prefix-closed-program"
mkdir -m 700 "$work/closed/in/rootfs/interpreters"
cp "$work/rootfs/bin/busybox" "$work/closed/in/rootfs/interpreters/sh"
printf '#!/interpreters/sh\necho no\n' >"$work/closed/in/rootfs/script"
chmod 755 "$work/closed/in/rootfs/script"
new_bundle closed-interpreter "$(userns 0:100000:65536) | .root.path=\"$work/closed/in/rootfs\" | .process.args=[\"/script\"]" >/dev/null
expect_status 126 rt run -b "$work/closed-interpreter" "$prefix-closed-interpreter"
expect_text "closed interpreter" "$err" "exec /script: permission denied" "/interpreters/sh" "'/interpreters'" "may not be searched by host uid 100000" "mode 0700, owner on the host 0:0"

# Joining a user namespace by path.
unshare --user --fork --kill-child sleep 1000 >/dev/null 2>&1 & # ends by KILL only: unshare --fork ignores TERM
holder=$!
trap 'kill -KILL $holder 2>/dev/null; cleanup' EXIT
sleep_pid=''
for _ in $(seq 100); do
    sleep_pid=$(pgrep -P $holder) && [[ $(readlink "/proc/$sleep_pid/ns/user") != $(readlink /proc/self/ns/user) ]] && break
    sleep 0.05
done
echo "0 100000 1000" >"/proc/$sleep_pid/uid_map"
echo "0 100000 1000" >"/proc/$sleep_pid/gid_map"
join=".linux.namespaces += [{type:\"user\",path:\"/proc/$sleep_pid/ns/user\"}]"
run_works joined "$join | $show_map" "0 100000 1000"
run_works joined-equal "$join | .linux.uidMappings=[{containerID:0,hostID:100000,size:400},{containerID:400,hostID:100400,size:600}] | .linux.gidMappings=[{containerID:0,hostID:100000,size:1000}] | $show_map" "0 100000 1000"
run_works joined-placeholder "$join | .linux.uidMappings=[{containerID:0,hostID:0,size:1}] | .linux.gidMappings=[{containerID:0,hostID:0,size:1}] | $show_map" "0 100000 1000"
run_fails joined-different "$join | .linux.uidMappings=[{containerID:0,hostID:100000,size:999}]" "/linux/uidMappings" "0 100000 1000"
run_fails joined-unmapped "$join | .process.user.uid=1000" "/process/user/uid" "0-999"
touch "$work/nsfile"
mount --bind "/proc/$sleep_pid/ns/user" "$work/nsfile"
trap 'umount -l "$work/nsfile"; kill -KILL $holder 2>/dev/null; cleanup' EXIT
new_bundle joined-file ".linux.namespaces += [{type:\"user\",path:\"$work/nsfile\"}] | $show_map" >/dev/null
expect_status 0 rt run -b "$work/joined-file" "$prefix-joined-file"
expect_equal "joined by a bind-mounted file" "$(tr -s ' ' <<<"$out")" " 0 100000 1000"
umount "$work/nsfile"
trap 'kill -KILL $holder 2>/dev/null; cleanup' EXIT
run_fails wrong-type ".linux.namespaces |= map(if .type==\"network\" then .path=\"/proc/$sleep_pid/ns/uts\" else . end)" \
    "network" "of the type uts"
run_fails duplicate ".linux.namespaces += [{type:\"pid\"}]" "/linux/namespaces/" "pid"

# What lies in a new user namespace belongs to it.
run_works owner "$(userns 0:100000:65536) | .process.args=[\"sh\",\"-c\",\"stat -c %u:%g /dev/mqueue; for f in /sys/class/net/*; do stat -L -c %u:%g \$f; done\"]" $'0:0\n0:0'

finish
