#!/usr/bin/env bash
# Devices of /linux/devices: type, number, mode, owner, place; what is refused; which of them can be opened.
source "$(dirname "$0")/lib.bash"

user_maps=$(userns 0:100000:65536)
id=$prefix-devices
extra=. owner=0

# A bundle with a rootfs of its own, which belongs to the container's root.
device_bundle() {  # NAME FILTER
    new_bundle "$1" "$extra | $2" >/dev/null
    cp -a "$work/rootfs" "$work/$1/rootfs"
    chown -R "$owner:$owner" "$work/$1/rootfs"
    change_config "$1" ".root.path=\"rootfs\""
}
devices() { echo ".linux.devices=[$1]"; }
stats() { printf '.process.args=["stat","-c","%%F %%a %%u:%%g %%t:%%T %%n"'; printf ',"%s"' "$@"; echo ]; }
refused() {  # NAME FILTER FRAGMENT...
    [[ -d $work/$1 ]] || device_bundle "$1" "$2"
    expect_status 125 rt run -b "$work/$1" "$id"
    expect_text "$1" "$err" "${@:3}"
    expect_nothing_left "$id"
}

for variant in host user; do
    [[ $variant == user ]] && { extra=$user_maps; owner=100000; }

    # Every type, at every kind of place; the umask of rt changes nothing.
    device_bundle "types-$variant" "$(devices '
        {path:"/dev/c1",type:"c",major:10,minor:229,fileMode:438,uid:7,gid:8},
        {path:"/dev/deep/er/b1",type:"b",major:259,minor:1048575,fileMode:0},
        {path:"/dev/u1",type:"u",major:4095,minor:3,fileMode:511},
        {path:"/dev/p1",type:"p",major:77,minor:88,fileMode:402,gid:9},
        {path:"/dev/plain",type:"c",major:1,minor:3},
        {path:"/dev/shm/c2",type:"c",major:1,minor:5,fileMode:384,uid:1},
        {path:"/opt/new/b2",type:"b",major:7,minor:0,fileMode:416,uid:65533},
        {path:"/opt/new/c3",type:"c",major:1,minor:3,fileMode:2541,gid:3},
        {path:"/opt/p2",type:"p",uid:5,gid:6}') | $(stats /dev/c1 /dev/deep /dev/deep/er/b1 /dev/u1 /dev/p1 /dev/plain /dev/shm/c2 \
            /opt/new /opt/new/b2 /opt/new/c3 /opt/p2)"
    expect_status 0 bash -c "umask 077; exec \"\$0\" \"\$@\"" "$RT" --root "$state" run -b "$work/types-$variant" "$id"
    expect_equal "types, $variant" "$out" "character special file 666 7:8 a:e5 /dev/c1
directory 755 0:0 0:0 /dev/deep
block special file 0 0:0 103:fffff /dev/deep/er/b1
character special file 777 0:0 fff:3 /dev/u1
fifo 622 0:9 0:0 /dev/p1
character special file 666 0:0 1:3 /dev/plain
character special file 600 1:0 1:5 /dev/shm/c2
directory 755 0:0 0:0 /opt/new
block special file 640 65533:0 7:0 /opt/new/b2
character special file 4755 0:3 1:3 /opt/new/c3
fifo 666 5:6 0:0 /opt/p2"
    expect_nothing_left "$id"
    # What is there already is right, also when it is only the file that was covered: a second start.
    expect_status 0 rt run -b "$work/types-$variant" "$id"
    expect_text "second start, $variant" "$out" "block special file 640 65533:0 7:0 /opt/new/b2"

    # The same device with another mode or owner than is asked for is not the one that is wanted.
    for asked in fileMode:416 uid:5 gid:6; do
        name=other-${asked%:*}-$variant
        device_bundle "$name" "$(devices "{path:\"/opt/there\",type:\"c\",major:10,minor:200,$asked}")"
        mkdir -p "$work/$name/rootfs/opt"
        mknod -m 600 "$work/$name/rootfs/opt/there" c 10 200
        refused "$name" . /linux/devices/0 /opt/there "mode 0600" "$([[ $variant == host ]] && echo 0:0)"
    done
    # A place that is a mount, and one below a file.
    refused "dev-$variant" "$(devices '{path:"/dev",type:"c",major:1,minor:3}')" /linux/devices/0 "/dev"
    refused "below-$variant" "$(devices '{path:"/dev/null/x",type:"c",major:1,minor:3}')" /linux/devices/0 "/dev/null" "not a directory"

    # They work, wherever they are.
    device_bundle "work-$variant" "$(devices '{path:"/opt/null",type:"c",major:1,minor:3},{path:"/dev/x/zero",type:"c",major:1,minor:5},{path:"/dev/pipe",type:"p"}')
        | .process.args=[\"sh\",\"-c\",\"echo lost >/opt/null && head -c 3 /dev/x/zero | wc -c; (echo through >/dev/pipe) & cat /dev/pipe\"]"
    expect_status 0 rt run -b "$work/work-$variant" "$id"
    expect_equal "they work, $variant" "$out" $'3\nthrough'

    # A device that no rule allows can be made and not be opened: /linux/resources/devices alone decides.
    if [[ $(stat -c '%t:%T' /dev/fuse 2>/dev/null) == a:e5 ]]; then
        device_bundle "no-rule-$variant" "$(devices '{path:"/dev/fuse",type:"c",major:10,minor:229}')
            | .linux.resources.devices=[{allow:false,access:\"rwm\"}] | .process.args=[\"sh\",\"-c\",\": <>/dev/fuse\"]"
        expect_status 1 rt run -b "$work/no-rule-$variant" "$id"
        expect_text "no rule, $variant" "$err" "Operation not permitted"
        change_config "no-rule-$variant" '.linux.resources.devices += [{allow:true,type:"c",major:10,minor:229,access:"rw"}]'
        expect_status 0 rt run -b "$work/no-rule-$variant" "$id"
    else
        echo "no /dev/fuse here: device rules are not tested with it" >&2
    fi

    # Default devices may be listed too; other ones may not take their places.
    device_bundle "defaults-$variant" "$(devices '{path:"/dev/null",type:"c",major:1,minor:3,fileMode:432,uid:0,gid:0},
        {path:"/dev/tty",type:"c",major:5,minor:0},{path:"/dev/ptmx",type:"c",major:5,minor:2,fileMode:438},{path:"/dev/tty",type:"c",major:5,minor:0}')
        | $(stats /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty) | .process.args += [\"-L\",\"/dev/ptmx\"]"
    expect_status 0 rt run -b "$work/defaults-$variant" "$id"
    expect_equal "default devices, $variant" "$out" "character special file 660 0:0 1:3 /dev/null
character special file 666 0:0 1:5 /dev/zero
character special file 666 0:0 1:7 /dev/full
character special file 666 0:0 1:8 /dev/random
character special file 666 0:0 1:9 /dev/urandom
character special file 666 0:0 5:0 /dev/tty
character special file 666 0:0 5:2 /dev/ptmx"
    refused "other-null-$variant" "$(devices '{path:"/dev/null",type:"c",major:1,minor:5}')" "/linux/devices/0" "c 1:3"

    # A listed /dev/console, and the terminal above it.
    device_bundle "console-$variant" "$(devices '{path:"/dev/console",type:"c",major:5,minor:1}') | $(stats /dev/console)"
    expect_status 0 rt run -b "$work/console-$variant" "$id"
    expect_equal "console, $variant" "$out" "character special file 666 0:0 5:1 /dev/console"

    # Another file at the place (A7): each is left as it is.
    for kind in file empty directory link device; do
        for place in /opt/d /etc/d; do
            name=other-$kind-${place:1:3}-$variant
            device_bundle "$name" "$(devices "{path:\"$place\",type:\"c\",major:1,minor:3}")"
            file=$work/$name/rootfs$place
            mkdir -p "${file%/*}"
            case $kind in
                file) echo content >"$file" ;;
                empty) : >"$file" ;;
                directory) mkdir "$file" ;;
                link) ln -s /dev/null "$file" ;;
                device) mknod "$file" c 1 5 ;;
            esac
            chown -R "$owner:$owner" "${file%/*}"
            before=$(stat -c '%F %a %u %g %s %Y %t:%T' "$file")
            refused "$name" . "/linux/devices/0" "cannot make the device '$place'" "another file"
            expect_equal "what is there, $name" "$(stat -c '%F %a %u %g %s %Y %t:%T' "$file")" "$before"
        done
    done

    # Directories that the image made links: everything stays inside the rootfs.
    device_bundle "links-$variant" "$(devices "{path:\"/out/d\",type:\"c\",major:1,minor:3},{path:\"/up/p\",type:\"p\"}")
        | $(stats "$work/canary/d" /canary/p)"
    mkdir -p "$work/canary"
    ln -s "$work/canary" "$work/links-$variant/rootfs/out"
    ln -s ../../../canary "$work/links-$variant/rootfs/up"
    expect_status 0 rt run -b "$work/links-$variant" "$id"
    expect_equal "through links, $variant" "$out" "character special file 666 0:0 1:3 $work/canary/d
fifo 666 0:0 0:0 /canary/p"
    expect_equal "the directory of the host" "$(ls -A "$work/canary")" ''

    # In a directory of the host rt makes nothing; what is there is taken.
    mkdir -p "$work/shared-$variant"
    mknod "$work/shared-$variant/there" c 1 3
    device_bundle "bound-$variant" "$(devices '{path:"/mnt/there",type:"c",major:1,minor:3}')
        | .mounts += [{destination:\"/mnt\",type:\"bind\",source:\"$work/shared-$variant\",options:[\"bind\"]}] | $(stats /mnt/there)"
    expect_status 0 rt run -b "$work/bound-$variant" "$id"
    expect_text "in a bound directory, $variant" "$out" "character special file 644" "1:3 /mnt/there"
    change_config "bound-$variant" '.linux.devices += [{path:"/mnt/missing",type:"p"}]'
    refused "bound-$variant" . "/linux/devices/1" "/mnt/missing" "one of the host"
    expect_equal "the bound directory" "$(ls "$work/shared-$variant")" there

    # Numbers, owners, paths: refused before anything is made.
    refused "no-minor-$variant" "$(devices '{path:"/dev/d",type:"b",major:1}')" "/linux/devices/0" "no 'minor'"
    refused "twice-$variant" "$(devices '{path:"/dev/d",type:"p"},{path:"/dev/d",type:"p",fileMode:0}')" "/linux/devices/1" "/linux/devices/0"
done
refused not-mapped "$(devices '{path:"/dev/d",type:"p",uid:65536}')" "/linux/devices/0/uid" "user 65536 does not exist"

# Without a mount namespace: nodes can be made, and not bound.
extra='del(.linux.namespaces[] | select(.type=="mount")) | .mounts=[] | .linux.maskedPaths=[] | .linux.readonlyPaths=[] | .root.readonly=false'
owner=0
device_bundle no-mounts "$(devices '{path:"/d",type:"c",major:1,minor:3}') | $(stats /d)"
expect_status 0 rt run -b "$work/no-mounts" "$id"
expect_equal "without a mount namespace" "$out" "character special file 666 0:0 1:3 /d"

# An ordinary user: the nodes of the host, bound.
setpriv --reuid 12345 --regid 12345 --clear-groups unshare --user true 2>/dev/null || { echo "an ordinary user may not make user namespaces here" >&2; finish; }
cp "$RT" "$work/rt"
mkdir "$work/run" "$work/user"
cp -a "$work/rootfs" "$work/user/rootfs"
chown -R 12345:12345 "$work/run" "$work/user"
as_user() { (cd "$work/user" && setpriv --reuid 12345 --regid 12345 --clear-groups env XDG_RUNTIME_DIR="$work/run" "$work/rt" "$@"); }
as_user spec --rootless
setting() { jq "$1" "$work/user/config.json" >"$work/new" && cp "$work/new" "$work/user/config.json"; }
setting ".process.terminal=false | .root.readonly=false | $(devices '{path:"/dev/null",type:"c",major:1,minor:3,fileMode:438,uid:0,gid:0},
    {path:"/opt/anywhere",type:"c",major:1,minor:5},{path:"/opt/p",type:"p",fileMode:384}') | $(stats /dev/null /opt/anywhere /opt/p)"
expect_status 0 as_user run "$id"
expect_equal "an ordinary user" "$out" "character special file 666 65534:65534 1:3 /dev/null
character special file 666 65534:65534 1:5 /opt/anywhere
fifo 600 0:0 0:0 /opt/p"
expect_status 0 as_user run "$id"
for change in 'fileMode=384 0600' 'uid=0 0:65534'; do
    setting "$(devices '{path:"/opt/anywhere",type:"c",major:1,minor:5}') | .linux.devices[0].${change% *}"
    expect_status 125 as_user run "$id"
    expect_text "an ordinary user, $change" "$err" "/linux/devices/0" "${change#* } is asked for"
done
setting "$(devices '{path:"/dev/none",type:"c",major:4000,minor:5}')"
expect_status 125 as_user run "$id"
expect_text "a device that the host does not have" "$err" "c 4000:5"
expect_equal "nothing left" "$(ls "$work/run/rt")" ""

finish
