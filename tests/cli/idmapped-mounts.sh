#!/usr/bin/env bash
# Id-mapped mounts: which owners the container sees, which owners the host gets, and that no file's owner changes.
source "$(dirname "$0")/lib.bash"
source "$(dirname "$0")/idmap.bash"

# The directory above is closed: what a container leaves there is for nobody else.
data=$work/closed/data
mkdir -m 700 "$work/closed"
mkdir -p "$data/sub" "$data/tree" && chmod 777 "$data"
echo zero >"$data/zero"
echo thousand >"$data/thousand"
chown 1000:2000 "$data/thousand" "$data/tree"
chmod 640 "$data/zero" "$data/thousand"
ln -s closed/data "$work/link"
"$SOURCE_DIR/bundles/make-rootfs" "$work/rootfs"
mkdir "$work/rootfs/v" "$work/rootfs/w" "$work/rootfs/inner"
touch "$work/rootfs/file"
install -m 644 -o 7 -g 8 /dev/null "$work/rootfs/inner/seven"
owners_on_host() { (cd "$work" && find closed/data rootfs -printf '%p %U:%G %m\n' | sort); }
before=$(owners_on_host)

map() { echo "uidMappings:[{containerID:$1,hostID:$2,size:$3}],gidMappings:[{containerID:$1,hostID:$2,size:$3}]"; }
mount_of() { echo ".mounts += [{destination:\"/v\",source:\"$1\",options:[$2]${3:+,$3}}]"; }
user=$(userns 0:100000:65536)
all='.process.capabilities |= map_values(["CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_FOWNER","CAP_SETUID","CAP_SETGID"])'
look='stat -c %n=%u:%g /v/zero /v/thousand && cat /v/zero'

works() { new_bundle "$1" "$2" >/dev/null && expect_runs "$1" "$3"; }                 # NAME FILTER OUTPUT
refused() { new_bundle "$1" "$2" >/dev/null && expect_does_not_run "$1" "${@:3}"; } # NAME FILTER FRAGMENT...

# The container's own mapping: what belongs to an id on the disk belongs to that id inside. Without the option it belongs to nobody.
seen=$'/v/zero=0:0\n/v/thousand=1000:2000\nzero'
works plain "$user | $(mount_of "$data" '"rbind"') | $(sh_in 'stat -c %u:%g /v/zero /v/thousand; cat /v/zero 2>/dev/null || echo closed')" \
    $'65534:65534\n65534:65534\nclosed'
works container "$user | $(mount_of "$data" '"bind","idmap"') | $(sh_in "$look")" "$seen"
works option-r "$user | $(mount_of "$data" '"rbind","ridmap"') | $(sh_in "$look")" "$seen"
works read-only "$user | $(mount_of "$data" '"bind","ro","noexec","idmap"') | $(sh_in "$look; touch /v/x 2>&1 | grep -o 'Read-only.*'; grep -o ' /v ro,noexec[a-z,]*idmapped' /proc/self/mountinfo")" \
    "$seen"$'\nRead-only file system\n /v ro,noexec,relatime,idmapped'

# What is made inside belongs on the disk to the id that made it; the host's ids 100000... appear nowhere.
works made "$user | $all | $(mount_of "$data" '"bind","idmap"') | $(sh_in 'echo n >/v/new && chown 5:6 /v/new && stat -c %u:%g /v/new')" "5:6"
expect_equal "owner on the host" "$(stat -c %u:%g "$data/new")" "5:6"
rm "$data/new"
works made-by-user "$user | .process.user={uid:5,gid:6} | $(mount_of "$data" '"bind","idmap"') | $(sh_in 'echo n >/v/new && stat -c %u:%g /v/new')" "5:6"
expect_equal "owner on the host" "$(stat -c %u:%g "$data/new")" "5:6"
rm "$data/new"

# A mapping of its own: containerID is the id on the disk, hostID the one behind the id inside. With and without the option.
# (The kernel writes nothing in a directory whose owner is not mapped.)
for options in '"bind"' '"bind","idmap"'; do
    works "own-${#options}" "$user | .process.user={uid:5,gid:6} | $(mount_of "$data" "$options" \
        'uidMappings:[{containerID:1000,hostID:100005,size:1}],gidMappings:[{containerID:2000,hostID:100006,size:1}]') | $(sh_in \
        'stat -c %n=%u:%g /v/zero /v/thousand; cat /v/thousand; echo n >/v/tree/new && stat -c %u:%g /v/tree/new; (echo n >/v/new) 2>/dev/null || echo refused')" \
        $'/v/zero=65534:65534\n/v/thousand=5:6\nthousand\n5:6\nrefused'
    expect_equal "owner on the host" "$(stat -c %u:%g "$data/tree/new")" "1000:2000"
    rm "$data/tree/new"
done
works own-without-user-namespace "$(mount_of "$data" '"bind","idmap"' "$(map 1000 50 1001)") | $(sh_in \
    'stat -c %n=%u:%g /v/zero /v/thousand')" $'/v/zero=65534:65534\n/v/thousand=50:1050'
works several-ranges "$(mount_of "$data" '"bind"' \
    'uidMappings:[{containerID:1000,hostID:7,size:1},{containerID:0,hostID:9,size:1}],gidMappings:[{containerID:0,hostID:8,size:3000}]') | $(sh_in \
    'stat -c %n=%u:%g /v/zero /v/thousand')" $'/v/zero=9:8\n/v/thousand=7:2008'

# Every kind of source: relative, a symbolic link, a single file, below the rootfs, and a mount made before it.
works relative "$user | $(mount_of ../closed/data '"bind","idmap"') | $(sh_in "$look")" "$seen"
works symlink "$user | $(mount_of "$work/link" '"bind","idmap"') | $(sh_in "$look")" "$seen"
works file "$user | .mounts += [{destination:\"/file\",source:\"$data/thousand\",options:[\"bind\",\"idmap\"]}] | $(sh_in 'stat -c %u:%g /file')" "1000:2000"
works in-rootfs "$user | $(mount_of "$work/rootfs/inner" '"bind","idmap"') | $(sh_in 'stat -c %u:%g /v/seven /inner/seven')" $'7:8\n65534:65534'
works in-rootfs-without-user-namespace "$(mount_of "$work/rootfs/inner" '"bind"' "$(map 7 70 2)") | $(sh_in 'stat -c %u:%g /v/seven')" "70:71"
works in-earlier-mount "$user | .mounts += [{destination:\"/w\",type:\"tmpfs\",options:[\"idmap\",\"mode=711\"]},{destination:\"/v\",source:\"$work/rootfs/inner\",options:[\"bind\",\"idmap\"]}] | $(sh_in 'stat -c %a /w; stat -c %u:%g /v/seven')" $'711\n7:8'

# Mounts below a source: rbind takes them along, idmap leaves them as they are, ridmap maps them as well.
mount -t tmpfs -o mode=755 tmpfs "$data/sub"
trap 'umount "$data/sub" 2>/dev/null; cleanup' EXIT
install -m 644 -o 33 -g 34 /dev/null "$data/sub/below"
below() {
    new_bundle "below-$1" "$user | $(mount_of "$data" "\"rbind\",$2") | $(sh_in 'stat -c %u:%g /v/zero /v/sub/below')" >/dev/null
    expect_status 0 rt run -b "$work/below-$1" "$prefix-below-$1"
    expect_equal "mounts below, $1" "$out" "$3"
}
below idmap '"idmap"' $'0:0\n65534:65534'
below ridmap '"ridmap"' $'0:0\n33:34'
below both '"idmap","ridmap"' $'0:0\n33:34'
umount "$data/sub"
mount -t proc proc "$data/sub"
new_bundle below-proc "$user | $(mount_of "$data" '"rbind","ridmap"')" >/dev/null
expect_status 125 rt run -b "$work/below-proc" "$prefix-below-proc"
expect_text "below-proc" "$err" "(bind on /v)" "'$data'" "proc at '$data/sub'" "does not support id-mapped mounts" "EINVAL"
umount "$data/sub"
trap cleanup EXIT

# New file systems. A tmpfs takes the mode of what it covers; uid= is an id on it.
chmod 1733 "$work/rootfs/v"
works tmpfs "$user | $all | .mounts += [{destination:\"/v\",type:\"tmpfs\",options:[\"idmap\"]}] | $(sh_in 'stat -c %a:%u:%g /v; echo n >/v/x; chown 3:4 /v/x; stat -c %u:%g /v/x; grep -c \" /v .*idmapped\" /proc/self/mountinfo')" $'1733:0:0\n3:4\n1'
chmod 755 "$work/rootfs/v"
works tmpfs-own "$user | .mounts += [{destination:\"/v\",type:\"tmpfs\",options:[\"ridmap\",\"uid=70000\",\"gid=70000\",\"mode=700\",\"ro\"],$(map 70000 100009 1)}] | $(sh_in 'stat -c %a:%u:%g /v; grep -o \" /v ro\" /proc/self/mountinfo')" $'700:9:9\n /v ro'
works tmpfs-without-user-namespace ".mounts += [{destination:\"/v\",type:\"tmpfs\",options:[\"mode=700\"],$(map 0 44 1)}] | $(sh_in 'stat -c %u:%g /v')" "44:44"
if truncate -s 8M "$work/disk" && mkfs.ext4 -q "$work/disk" && loop=$(losetup --find --show "$work/disk"); then
    trap 'losetup -d "$loop"; cleanup' EXIT
    disk=".mounts += [{destination:\"/v\",type:\"ext4\",source:\"$loop\",options:[\"idmap\"]}]"
    works ext4 "$user | $all | $disk | $(sh_in 'stat -c %u:%g /v; echo n >/v/x; chown 3:4 /v/x; stat -c %u:%g /v/x; grep -c \" /v .*idmapped.*ext4\" /proc/self/mountinfo')" $'0:0\n3:4\n1'
    works ext4-again "$user | $disk | $(sh_in 'stat -c %u:%g /v/x')" "3:4"
    losetup -d "$loop"
    trap cleanup EXIT
else
    echo "no loop device: ext4 is not tried"
fi

# A user namespace that is joined: its mapping counts. With twenty mounts and twenty open files, one user namespace does for all.
hold_user_namespace
join=".linux.namespaces += [{type:\"user\",path:\"/proc/$peer/ns/user\"}]"
works joined "$join | $(mount_of "$data" '"bind","idmap"') | $(sh_in "$look")" "$seen"

# Flags of the source stay in a joined user namespace too, and may not be taken back, mapped or not.
mount -t tmpfs -o ro,nosuid,nodev,mode=755 tmpfs "$data/sub"
trap 'umount "$data/sub" 2>/dev/null; kill -KILL $holder 2>/dev/null; cleanup' EXIT
flags=$(sh_in "grep ' /v ' /proc/self/mountinfo | cut -d' ' -f6")
for mapped in '' ',"idmap"'; do
    new_bundle "locked$mapped" "$join | $(mount_of "$data/sub" "\"bind\",\"noexec\"$mapped") | $flags" >/dev/null
    expect_status 0 rt run -b "$work/locked$mapped" "$prefix-locked"
    expect_equal "flags$mapped" "$out" "ro,nosuid,nodev,noexec,relatime${mapped:+,idmapped}"
    new_bundle "unlocked$mapped" "$join | $(mount_of "$data/sub" "\"bind\",\"rw\"$mapped")" >/dev/null
    expect_status 125 rt run -b "$work/unlocked$mapped" "$prefix-locked"
    expect_text "rw$mapped" "$err" "'$data/sub'" "mounts it with ro"
done
umount "$data/sub"
trap 'kill -KILL $holder 2>/dev/null || true; cleanup' EXIT

mkdir "$work/rootfs/many"
for n in $(seq 20); do mkdir "$work/rootfs/many/$n"; done
twenty="reduce range(1;21) as \$n (.; .mounts += [{destination:\"/many/\(\$n)\",source:\"$data\",options:[\"bind\",\"idmap\"]}])"
for variant in joined new; do
    config=$([[ $variant == joined ]] && echo "$join" || echo "$user")
    new_bundle "twenty-$variant" "$config | .process.rlimits=[] | $twenty | $(sh_in 'stat -c %u:%g /many/*/thousand | sort | uniq -c | tr -s \" \"')" >/dev/null
    expect_status 0 bash -c 'ulimit -n 20; exec "$@"' _ "$RT" --root "$state" run -b "$work/twenty-$variant" "$prefix-twenty-$variant"
    expect_equal "twenty mounts, $variant" "$out" " 20 1000:2000"
    expect_nothing_left "$prefix-twenty-$variant"
done
rm -r "$work/rootfs/many"

# Refused before anything is made, with the place in config.json.
refused A1 "$(mount_of "$data" '"bind","idmap"')" "/mounts/7" "no user namespace" "uidMappings"
refused A1-r "$(mount_of "$data" '"rbind","ridmap"')" "/mounts/7" "no user namespace"
refused A1-own-user-namespace ".linux.namespaces += [{type:\"user\",path:\"/proc/self/ns/user\"}] | $(mount_of "$data" '"bind","idmap"')" "/mounts/7" "no user namespace"
refused C7-uid "$user | $(mount_of "$data" '"bind"' 'uidMappings:[{containerID:0,hostID:5,size:1}]')" "/mounts/7/uidMappings" "gidMappings is missing"
refused C7-gid "$(mount_of "$data" '"bind","idmap"' 'gidMappings:[{containerID:0,hostID:5,size:1}],uidMappings:[]')" "/mounts/7/gidMappings" "uidMappings is missing"
refused C27-size "$user | $(mount_of "$data" '"bind"' "$(map 0 5 0)")" "/mounts/7/uidMappings/0" "size is 0"
refused C27-overlap "$(mount_of "$data" '"bind"' 'uidMappings:[{containerID:0,hostID:5,size:1}],gidMappings:[{containerID:0,hostID:5,size:2},{containerID:1,hostID:9,size:1}]')" \
    "/mounts/7/gidMappings/1" "overlap"
refused C27-wrap "$(mount_of "$data" '"bind"' "$(map 0 4294967295 2)")" "/mounts/7/uidMappings/0" "4294967294"
refused C27-many "$(mount_of "$data" '"bind"' 'uidMappings:[range(341)|{containerID:(.*2),hostID:(.*2),size:1}],gidMappings:[{containerID:0,hostID:5,size:1}]')" \
    "/mounts/7/uidMappings" "340"
refused in-the-option "$user | $(mount_of "$data" '"bind","idmap=uids=0-1-10;gids=0-1-10"')" "/mounts/7/options/1" "uidMappings"
for type in proc sysfs devpts mqueue cgroup cgroup2; do
    refused "type-$type" "$user | .mounts += [{destination:\"/v\",type:\"$type\",options:[\"idmap\"]}]" "/mounts/7" "$type" "ids of a namespace"
done

# Refused by the kernel: which file system, and where.
refused unsupported "$user | $(mount_of /proc/self/attr '"bind","idmap"')" "mount 7 (bind on /v)" "/proc/self/attr" "the file system proc at '/proc'" "does not support" "EINVAL"
refused twice "$user | .mounts += [{destination:\"/w\",source:\"$data\",options:[\"bind\",\"idmap\"]},{destination:\"/v\",source:\"$work/rootfs/w\",options:[\"bind\",\"idmap\"]}]" \
    "mount 8 (bind on /v)" "'/w'" "id-mapped already" "EPERM"
new_bundle no-namespaces "del(.mounts[] | select(.type==\"devpts\")) | $(mount_of "$data" '"bind"' "$(map 0 5 1)")" >/dev/null
limit=/proc/sys/user/max_user_namespaces
expect_status 125 unshare --user --map-root-user --mount --pid --fork --mount-proc sh -c "echo 0 >$limit && exec '$RT' --root '$state' run -b '$work/no-namespaces' '$prefix-no-namespaces'"
expect_text "limit" "$err" "max_user_namespaces"

# Without privileges: why not.
if setpriv --reuid 12345 --regid 12345 --clear-groups unshare --user true 2>/dev/null; then
    cp "$RT" "$work/rt"
    mkdir "$work/run" && chown 12345:12345 "$work/run"
    new_bundle rootless "$(userns 0:12345:1) | $(mount_of "$data" '"bind","idmap"')" >/dev/null
    expect_status 125 setpriv --reuid 12345 --regid 12345 --clear-groups env XDG_RUNTIME_DIR="$work/run" "$work/rt" run -b "$work/rootless" "$prefix-rootless"
    expect_text "rootless" "$err" "/mounts/7" "CAP_SYS_ADMIN" "run rt as root"
fi
# As root of a user namespace: not on a file system of the host, but on what is mounted there.
nested() { unshare --user --map-root-user --mount --pid --fork --mount-proc "$RT" --root "$state" run -b "$work/$1" "$prefix-$1"; }
new_bundle nested "del(.mounts[] | select(.type==\"devpts\")) | $(mount_of "$data" '"bind"' "$(map 0 0 1)")" >/dev/null
expect_status 125 nested nested
expect_text "nested" "$err" "$data" "user namespace in which rt has no CAP_SYS_ADMIN" "EPERM"

expect_equal "owners and modes of every file" "$(owners_on_host)" "$before"
finish
