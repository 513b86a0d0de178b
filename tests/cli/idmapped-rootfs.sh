#!/usr/bin/env bash
# One root file system of an image, under any mapping: its own ids inside, its own ids on the disk, and no owner changes.
source "$(dirname "$0")/lib.bash"
source "$(dirname "$0")/idmap.bash"

idmap='.annotations["org.rt.root.idmap"]="true"'
all='.process.capabilities |= map_values(["CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_FOWNER","CAP_SETUID","CAP_SETGID","CAP_KILL"])'
user=$(userns 0:100000:65536)
system_call=$(dirname "$RT")/system_call
# The directory above is closed: what a container leaves in the image is for nobody else.
image=$work/closed/image
mkdir -m 700 "$work/closed"
"$SOURCE_DIR/bundles/make-rootfs" "$image"
mkdir -m 750 "$image/group-of-33" && chown 0:33 "$image/group-of-33"
install -m 600 -o 70000 -g 70000 /dev/null "$image/beyond"
snapshot() { (cd "$image" && find . -printf '%p %y %m %U:%G %s %T@ %C@ %l\n' | LC_ALL=C sort); }

# bundle NAME FILTER: with the image as its root.
bundle() { new_bundle "$1" ".root={path:\"$image\"} | $2" >/dev/null; }
works() { bundle "$1" "$2" && expect_runs "$1" "${@:3}"; }              # NAME FILTER OUTPUT [OPTION...]
refused() { bundle "$1" "$2" && expect_does_not_run "$1" "${@:3}"; } # NAME FILTER FRAGMENT...

# Which ids the container sees, by the option and by each word of the annotation.
look='stat -c %u:%g /bin/busybox /var/www /home/user /group-of-33 /beyond; grep -c \" / rw.*idmapped\" /proc/self/mountinfo'
own=$'0:0\n33:33\n1000:1000\n0:33\n65534:65534\n1'
bundle warm "$user"
expect_status 0 rt run -b "$work/warm" "$prefix-warm" # makes what a first start leaves in an image: mount points
before=$(snapshot)
works plain "$user | $(sh_in "$look || true")" $'65534:65534\n65534:65534\n65534:65534\n65534:65534\n65534:65534\n0'
works option "$user | $(sh_in "$look")" "$own" --idmap-rootfs
expect_status 0 rt create --idmap-rootfs -b "$work/option" "$prefix-option" # state tells what was asked for by the option
expect_equal "state" "$(rt state "$prefix-option" | jq -r '.annotations["org.rt.root.idmap"]')" idmap
rt delete --force "$prefix-option"
for word in true idmap ridmap; do
    works "word-$word" "$user | .annotations[\"org.rt.root.idmap\"]=\"$word\" | $(sh_in "$look")" "$own"
done
works word-false "$user | .annotations[\"org.rt.root.idmap\"]=\"false\" | $(sh_in 'stat -c %u:%g /bin/busybox')" 65534:65534
works two-ranges "$(userns 0:1000:1 1:100000:65535) | $idmap | $(sh_in "$look")" "$own"
few='.mounts |= map(select(.type != "devpts"))' # whose group 5 is not mapped
works gap "$(userns 0:100000:1 33:7:1) | $few | $idmap | $(sh_in "$look")" $'0:0\n33:33\n65534:65534\n0:33\n65534:65534\n1'
works no-zero "$(userns 33:100033:1) | $idmap | .process.user={uid:33,gid:33} | $few | $(sh_in 'id -u; stat -c %u:%g /bin/busybox /var/www')" $'33\n65534:65534\n33:33'
works group "$user | $idmap | .process.user={uid:5,gid:33} | .process.args=[\"ls\",\"/group-of-33\"]" ""
works exchanged "$(userns 0:33:1 33:0:1) | $few | $idmap | $(sh_in 'stat -c %u:%g /bin/busybox /var/www')" $'0:0\n33:33'
expect_equal "the image is as it was" "$(snapshot)" "$before"

# Three containers with three maps over one image at once, each writing as root and as 33.
# shellcheck disable=SC2016  # the $ are for the shell of the container
write='umask 022; d=/var/$NAME; mkdir $d && chmod 777 $d && echo root >$d/root && echo x >$d/given && chown 1000:33 $d/given && echo ready && exec sleep 1000'
hosts=(100000 300000 1000)
maps=("0:100000:65536" "0:300000:65536" "0:1000:1 1:500000:65535")
for n in 0 1 2; do
    # shellcheck disable=SC2086  # a list of words
    bundle "c$n" "$(userns ${maps[n]}) | $all | $idmap | .process.env += [\"NAME=c$n\"] | $(sh_in "${write//\"/\\\"}")"
    rt run -d -b "$work/c$n" "$prefix-c$n" >"$work/c$n.out" 2>&1 </dev/null || fail "c$n: $(<"$work/c$n.out")"
done
wait_ready() { for _ in $(seq 200); do grep -q ready "$work/$1.out" && return; sleep 0.05; done; fail "$1 is not ready: $(<"$work/$1.out")"; }
for n in 0 1 2; do
    wait_ready "c$n"
    expect_equal "host uid of c$n" "$(stat -c %u "/proc/$(rt state "$prefix-c$n" | jq .pid)")" "${hosts[n]}"
    # shellcheck disable=SC2016
    expect_status 0 rt exec --user 33:33 "$prefix-c$n" sh -c 'echo visit >/var/$NAME/www'
done
for n in 0 1 2; do
    for other in 0 1 2; do # each sees what all have written, with the same ids
        expect_status 0 rt exec "$prefix-c$n" sh -c "cd /var/c$other && stat -c '%n %u:%g' . root given www"
        expect_equal "c$n sees c$other" "$out" $'. 0:0\nroot 0:0\ngiven 1000:33\nwww 33:33'
    done
    expect_equal "c$n on the disk" "$(cd "$image/var/c$n" && stat -c '%n %u:%g' . root given www)" $'. 0:0\nroot 0:0\ngiven 1000:33\nwww 33:33'
done
for n in 0 1 2; do
    rt delete --force "$prefix-c$n"
    expect_nothing_left "$prefix-c$n"
    rm -r "$image/var/c$n"
done
owners() { (cd "$image" && find . -printf '%p %y %m %U:%G %l\n' | LC_ALL=C sort); }
expect_equal "owners after three containers" "$(owners)" "$(sed -E 's/^(\S+ \S+ \S+ \S+) \S+ \S+ \S+ /\1 /' <<<"$before")"

# Set-uid programs and file capabilities of the image have the effect they were made for, in the container.
mkdir "$image/suid" "$image/caps"
cp "$system_call" "$image/suid/" && chmod 4755 "$image/suid/system_call"
cp "$image/bin/busybox" "$image/caps/cat"
setcap cap_kill+ep "$image/caps/cat" 2>/dev/null || python3 -c "import os,struct; os.setxattr('$image/caps/cat', 'security.capability', struct.pack('<5I', 0x02000001, 1 << 5, 0, 0, 0))"
as_33='.process.user={uid:33,gid:33} | .process.noNewPrivileges=false | .process.capabilities |= (.bounding=["CAP_KILL"] | .effective=[] | .permitted=[] | del(.inheritable,.ambient))'
works capability "$user | $idmap | $as_33 | $(sh_in '/caps/cat /proc/self/status | grep CapEff')" $'CapEff:\t0000000000000020'
# geteuid(2), by its number on this machine.
case $(uname -m) in x86_64) geteuid=107 ;; *) geteuid=175 ;; esac
works set-uid "$user | $idmap | $as_33 | .process.args=[\"/suid/system_call\",\"$geteuid\"]" "ok 0"
works without-set-uid "$user | $as_33 | .process.args=[\"/suid/system_call\",\"$geteuid\"]" "ok 33"
rm -r "$image/suid" "$image/caps"

# Device nodes of the image have none: they would be those of the container's root.
mknod -m 666 "$image/node" c 1 5
works node "$user | $idmap | $(sh_in 'ls -ln /node | cut -c1-10; head -c 1 /node 2>&1 | grep -o denied; head -c 1 /dev/zero | wc -c')" $'crw-rw-rw-\ndenied\n1'
rm "$image/node"

# What else a rootfs can be: read-only, of a propagation, with masks and read-only paths, entered otherwise.
works read-only "$user | $idmap | .root.readonly=true | $(sh_in 'touch /x 2>&1 | grep -o Read-only; grep -o \" / ro,[a-z,]*idmapped\" /proc/self/mountinfo')" $'Read-only\n / ro,nodev,relatime,idmapped'
for word in private slave shared unbindable; do
    works "propagation-$word" "$user | $idmap | .linux.rootfsPropagation=\"$word\" | $(sh_in 'stat -c %u:%g /var/www')" 33:33
done
works paths "$user | $idmap | .linux.maskedPaths=[\"/etc/hosts\",\"/home\"] | .linux.readonlyPaths=[\"/var\"] | $(sh_in 'cat /etc/hosts; ls /home; touch /var/x 2>&1 | grep -o Read-only; stat -c %u:%g /var/www')" $'Read-only\n33:33'
works no-pivot "$user | $idmap | $(sh_in 'stat -c %u:%g /var/www')" 33:33 --no-pivot
works working-directory "$user | $idmap | .process.cwd=\"/made/for/it\" | $(sh_in 'stat -c %u:%g .')" 0:0
expect_equal "a working directory on the disk" "$(stat -c %u:%g "$image/made/for/it")" 0:0
rm -r "$image/made"
works mount-points "$user | $idmap | .mounts += [{destination:\"/new/point\",type:\"tmpfs\"},{destination:\"/new/part\",type:\"bind\",source:\"$image/var\",options:[\"bind\",\"ro\"]}] | $(sh_in 'stat -c %u:%g /new /new/part/www')" $'0:0\n33:33'
expect_equal "mount points on the disk" "$(stat -c %u:%g "$image/new" "$image/new/point")" $'0:0\n0:0'
rm -r "$image/new"
works copied-up "$user | $idmap | .mounts += [{destination:\"/var\",type:\"tmpfs\",options:[\"tmpcopyup\"]}] | $(sh_in 'stat -c %u:%g /var/www')" 33:33
works volume-too "$user | $idmap | .mounts += [{destination:\"/mnt\",type:\"bind\",source:\"$image/var\",options:[\"rbind\",\"ro\"]}] | $(sh_in 'stat -c %u:%g /mnt/www')" 33:33

# Hooks of the host find the rootfs on its path, id-mapped in the mount namespace of the container, and as it is in their own.
hook="$work/hook"
cat >"$hook" <<END
#!/bin/sh
pid=\$(sed 's/.*"pid": *\([0-9]*\).*/\1/')
stat -c %u:%g "$image/var/www" >"$work/hook.out"
nsenter -t "\$pid" -m stat -c %u:%g "$image/var/www" >>"$work/hook.out"
nsenter -t "\$pid" -m sh -c 'touch "$image/by-hook"' 2>>"$work/hook.out" || echo refused >>"$work/hook.out"
END
chmod 755 "$hook"
hooks=".hooks={createRuntime:[{path:\"$hook\"}],createContainer:[{path:\"/bin/sh\",args:[\"sh\",\"-c\",\"stat -c %u:%g var/www >hooked; stat -c %u:%g hooked >>hooked\"]}]}"
works hooks "$user | $idmap | $hooks | $(sh_in 'cat /hooked')" $'33:33\n0:0'
expect_text "hook of the host" "$(<"$work/hook.out")" $'33:33\n100033:100033\n' "refused"
rm "$image/hooked"
[[ ! -e $image/by-hook ]] || fail "a hook without an id in the mapping wrote into the rootfs"
chmod 700 "$image"
works closed-image-with-hooks "$user | $idmap | $hooks | $(sh_in 'cat /hooked')" $'33:33\n0:0'
rm "$image/hooked"

# Who may enter it counts by the ids that the container sees: the container's root may, as owner of the image.
works closed-image "$user | $idmap | $(sh_in 'stat -c %a:%u:%g /')" 700:0:0
refused closed-for-33 "$user | $idmap | .process.user={uid:33,gid:33}" "cannot enter the rootfs '$image'" "host uid 100033 (uid 33 of the container, /process/user)" \
    "mode 0700, owner on the disk 0:0, which shows as 100000:100000" "hint: allow it: chmod o+x $image"
chown 70000:70000 "$image"
refused closed-beyond "$user | $idmap" "host uid 100000 (root of the container)" "owner on the disk 70000:70000, which shows as nobody:nobody"
chown 100000:100000 "$image" # the shifted id is beyond the mapping on the disk
refused closed-shifted "$user | $idmap" "owner on the disk 100000:100000, which shows as nobody:nobody"
chown 0:0 "$image" && chmod 755 "$image"
mkdir -m 700 "$image/private"
cp "$image/bin/busybox" "$image/private/busybox"
works closed-program-for-root "$user | $idmap | .process.args=[\"/private/busybox\",\"echo\",\"in\"]" in
bundle closed-program "$user | $idmap | .process.user={uid:33,gid:33} | .process.args=[\"/private/busybox\",\"true\"]"
expect_status 126 rt run -b "$work/closed-program" "$prefix-closed-program"
expect_text "closed program" "$err" "'/private' (on the host $image/private) may not be searched by host uid 100033" "mode 0700, owner on the disk 0:0, which shows as 100000:100000" "chmod o+x $image/private"
rm -r "$image/private"

# Where everybody can walk to the image, a set-uid program of the container would be one of the host: said, unless it cannot be.
warning="every user of this machine can walk to it"
chmod 711 "$work/closed"
bundle exposed "$user | $idmap"
expect_status 0 rt run -b "$work/exposed" "$prefix-exposed"
expect_text exposed "$err" "'$image' is id-mapped" "$warning" "chmod o-x"
works exposed-read-only "$user | $idmap | .root.readonly=true" ""
works exposed-not-mapped "$user" ""
mkdir "$work/nosuid"
trap 'umount "$work/nosuid" 2>/dev/null; cleanup' EXIT
mounted=yes
mount -t tmpfs -o nosuid tmpfs "$work/nosuid"
cp -a "$image" "$work/nosuid/image"
works exposed-nosuid "$user | $idmap | .root.path=\"$work/nosuid/image\"" ""
mount -o remount,suid "$work/nosuid"
bundle exposed-tmpfs "$user | $idmap | .root.path=\"$work/nosuid/image\""
expect_status 0 rt run -b "$work/exposed-tmpfs" "$prefix-exposed"
expect_text exposed-tmpfs "$err" "$warning"
umount "$work/nosuid"
mounted=''
trap cleanup EXIT
chmod 700 "$work/closed"

# A user namespace that is joined: its mapping counts. So does a mount namespace: the rootfs is mapped for it all the same.
hold_user_namespace --mount
works joined ".linux.namespaces += [{type:\"user\",path:\"/proc/$peer/ns/user\"}] | $idmap | $(sh_in 'stat -c %u:%g /var/www /beyond; cat /proc/self/uid_map | tr -s \" \"')" $'33:33\n65534:65534\n 0 200000 3000'
chmod 755 "$work/closed" # its user walks there in the joined mount namespace
works joined-mount ".linux.namespaces = [.linux.namespaces[]|select(.type!=\"mount\")] + [{type:\"user\",path:\"/proc/$peer/ns/user\"},{type:\"mount\",path:\"/proc/$peer/ns/mnt\"}] | $idmap | .root.readonly=true | $(sh_in 'stat -c %u:%g /var/www')" 33:33
chmod 700 "$work/closed"
kill -KILL $holder
trap cleanup EXIT

# Mounts below the rootfs: as they are with idmap, mapped with ridmap, and named where the kernel cannot.
covered=$image/var/log
trap 'umount "$covered" 2>/dev/null; cleanup' EXIT
mounted=yes
mount -t tmpfs -o mode=755,uid=33,gid=33 tmpfs "$covered"
works below "$user | $idmap | $(sh_in 'stat -c %u:%g /var/www /var/log')" $'33:33\n65534:65534'
works below-too "$user | .annotations[\"org.rt.root.idmap\"]=\"ridmap\" | $(sh_in 'stat -c %u:%g /var/www /var/log')" $'33:33\n33:33'
umount "$covered"
mount -t proc proc "$covered"
works below-proc "$user | $idmap | $(sh_in 'stat -c %u:%g /var/www')" 33:33
refused below-proc-too "$user | .annotations[\"org.rt.root.idmap\"]=\"ridmap\"" "cannot id-map the rootfs '$image'" "the file system proc at '$covered' does not support id-mapped mounts" "EINVAL"
umount "$covered"
mounted=''
trap cleanup EXIT

# File systems: with a rootfs of their own.
place=$work/closed/place
mkdir "$place"
on_filesystem() { # NAME: the image on what is mounted at $place
    cp -a "$image" "$place/image"
    bundle "on-$1" "$user | $idmap | .root.path=\"$place/image\" | $(sh_in 'echo n >/srv/new && stat -c %u:%g /bin/busybox /srv/new')"
    expect_status 0 rt run -b "$work/on-$1" "$prefix-on-$1"
    expect_equal "on $1" "$out" $'0:0\n0:0'
    expect_equal "on $1, on the disk" "$(stat -c %u:%g "$place/image/srv/new")" 0:0
    umount "$place"
}
trap 'umount "$place" 2>/dev/null; cleanup' EXIT
mounted=yes
mount -t tmpfs tmpfs "$place"
on_filesystem tmpfs
for type in ext4 xfs btrfs; do
    command -v "mkfs.$type" >/dev/null || { echo "no mkfs.$type: $type is not tried"; continue; }
    rm -f "$work/disk"
    truncate -s 320M "$work/disk"
    "mkfs.$type" -q "$work/disk" >/dev/null || { echo "$type is not tried: mkfs.$type cannot"; continue; }
    if mount -o loop "$work/disk" "$place" 2>/dev/null; then
        on_filesystem "$type"
    else
        echo "no loop device, or no $type in this kernel: it is not tried"
    fi
done
mkdir "$work/upper" "$work/workdir"
if mount -t overlay overlay -o "lowerdir=$image,upperdir=$work/upper,workdir=$work/workdir" "$place" 2>/dev/null; then
    refused overlay "$user | $idmap | .root.path=\"$place\"" "cannot id-map the rootfs '$place': the file system overlay at '$place' does not support id-mapped mounts" "its layers can be"
    umount "$place"
fi
mount -t proc proc "$place"
refused proc "$user | $idmap | .root.path=\"$place\"" "the file system proc at '$place' does not support" "ext4, xfs, btrfs, tmpfs"
umount "$place"
mounted=''
trap cleanup EXIT

# Refused before anything is made.
refused no-user-namespace "$idmap" "/annotations/org.rt.root.idmap" "no user namespace" '"user"'
refused no-mount-namespace "$user | $idmap | .linux.namespaces |= map(select(.type!=\"mount\")) | .mounts=[] | .linux.maskedPaths=[] | .linux.readonlyPaths=[]" "/annotations/org.rt.root.idmap" "no mount namespace"
refused word "$user | .annotations[\"org.rt.root.idmap\"]=\"1\"" "/annotations/org.rt.root.idmap" "'1'" "true, false, idmap, ridmap"
refused part "$user | $idmap | .mounts += [{destination:\"/mnt\",source:\"$image/var\",options:[\"bind\",\"idmap\"]}]" "/mounts/7" "the rootfs, which is id-mapped itself"
bundle no-user-namespace-option "."
expect_status 125 rt run --idmap-rootfs -b "$work/no-user-namespace-option" "$prefix-no-user-namespace"
expect_text "option" "$err" "as asked for by '--idmap-rootfs'" "no user namespace"
if setpriv --reuid 12345 --regid 12345 --clear-groups unshare --user true 2>/dev/null; then
    cp "$RT" "$work/rt"
    mkdir "$work/run" && chown 12345:12345 "$work/run"
    new_bundle rootless "$(userns 0:12345:1) | $idmap" >/dev/null
    expect_status 125 setpriv --reuid 12345 --regid 12345 --clear-groups env XDG_RUNTIME_DIR="$work/run" "$work/rt" run -b "$work/rootless" "$prefix-rootless"
    expect_text "rootless" "$err" "/annotations/org.rt.root.idmap" "CAP_SYS_ADMIN in the user namespace in which the file system was mounted" "run rt as root"
fi
# As root of a user namespace: not on a file system of the host, but on what is mounted there.
nested() { unshare --user --map-root-user --mount --pid --fork --mount-proc "$@"; }
new_bundle nested "del(.mounts[] | select(.type==\"devpts\")) | $(userns 0:0:1) | $idmap" >/dev/null
expect_status 125 nested "$RT" --root "$state" run -b "$work/nested" "$prefix-nested"
expect_text "nested" "$err" "cannot id-map the rootfs" "user namespace in which rt has no CAP_SYS_ADMIN" "EPERM"
mkdir "$work/own"
change_config nested ".root.path=\"$work/own/rootfs\" | .process.args=[\"stat\",\"-c\",\"%u\",\"/bin/busybox\"]"
# shellcheck disable=SC2016
expect_status 0 nested sh -c 'mount -t tmpfs tmpfs "$1" && cp -r "$2" "$1/rootfs" && shift 2 && exec "$@"' _ "$work/own" "$work/rootfs" \
    "$RT" --root "$state" run -b "$work/nested" "$prefix-nested"
expect_equal "nested, on a tmpfs of its own" "$out" 0

# The work of a start does not grow with the files. The number of its calls is not always the same, but near.
if command -v strace >/dev/null; then
    calls() {
        strace -f -qq -o "$work/calls" -e trace=%file,getdents64,fchown,mount_setattr \
            "$RT" --root "$state" run -b "$work/start" "$prefix-start" >/dev/null 2>&1 || fail "start under strace"
        wc -l <"$work/calls"
    }
    bundle start "$user | $idmap | .process.args=[\"true\"]"
    few=$(calls)
    mkdir "$image/many"
    (cd "$image/many" && for n in $(seq 20); do mkdir "$n" && (cd "$n" && seq 100 | xargs touch); done)
    more=$(calls)
    ((more < few + 100)) || fail "$few calls for a few files, $more for 2000 more"
    rm -r "$image/many"
fi

expect_equal "owners of every file" "$(owners)" "$(sed -E 's/^(\S+ \S+ \S+ \S+) \S+ \S+ \S+ /\1 /' <<<"$before")"
finish
