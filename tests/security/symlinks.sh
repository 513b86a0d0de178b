#!/usr/bin/env bash
# Images whose symbolic links lead to the host, at every place where the runtime mounts, makes or opens something.
source "$(dirname "$0")/lib.bash"

up=../../../../../../../../..
echo "of the config" >"$work/source"
bind() { echo "{destination:\"$1\",type:\"bind\",source:\"$work/source\",options:[\"bind\"]}"; }
tmpfs() { echo "{destination:\"$1\",type:\"tmpfs\",source:\"tmpfs\"}"; }

# Every mapping, and the owner that the image has then, so that nothing is kept from being made.
each_mapping() { "$@" "$plain" 0:0; "$@" "$mapped" 100000:100000; }

# S3, CVE-2019-18837, CVE-2026-87766: mount points.
mount_points() { each_mapping mount_points_with; }
mount_points_with() {
    local links=(etc/hosts "$host/canary" abs "$host/dir" up "$up$host/empty" old "/oldroot$host/dir" top "$up" self /proc/self/root)
    image s3
    rm "$image/etc/hosts"
    for ((i = 0; i < ${#links[@]}; i += 2)); do ln -s "${links[i + 1]}" "$image/${links[i]}"; done
    chown -hR "$2" "$image"
    assault s3 "$1 | .mounts += [$(bind /etc/hosts),$(tmpfs /abs),$(tmpfs /up/made/deep),$(bind /up/file),$(tmpfs /old/made),$(bind "/top/top$host/canary")]
        | .process.args=[\"sh\",\"-c\",\"cat /etc/hosts /up/file $host/canary; grep -c ' $host/' /proc/self/mountinfo\"]"
    # The links lead to the same names below the root of the container; there is nothing before, and the mounts after.
    expect_equal "$FUNCNAME: status" "$status" 0
    expect_equal "$FUNCNAME" "$out" $'of the config\nof the config\nof the config\n5'
    # A link of the kernel leads anywhere.
    for link in /proc/self/root /proc/1/root /proc/self/cwd /proc/thread-self/root; do
        ln -sfn "$link$host/empty" "$image/magic"
        assault magic "$1 | .mounts += [$(tmpfs /magic/made)]"
        expect_equal "$link: status" "$status" 125
    done
}

# S4, CVE-2019-19921, CVE-2023-27561, CVE-2025-54867: /proc and /sys.
proc_and_sys() {
    local name target
    for name in proc sys; do
        for target in "$host/empty" "$up$host/empty" "$up" /etc /nosuch; do
            image s4
            rmdir "$image/$name"
            ln -s "$target" "$image/$name"
            for maps in "$plain" "$mapped"; do
                assault s4 "$maps"
                expect_equal "/$name -> $target: status" "$status" 125
                expect_text "/$name -> $target" "$err" "must be mounted on ordinary directory"
            done
        done
    done
}

# S5, CVE-2019-12439: names that somebody else can make beforehand.
names_made_before() {
    local runtime_dir=$work/user what
    image s5
    hostile_bundle s5 "$(userns 0:54321:1) | .linux.namespaces |= map(select(.type != \"network\" and .type != \"cgroup\")) | .linux.resources={}"
    chmod -R a+rX "$work/s5" "$image"
    user() { XDG_RUNTIME_DIR=$runtime_dir setpriv --reuid 54321 --regid 54321 --clear-groups --bounding-set=-all --inh-caps=-all "$RT" "$@"; }
    for what in link foreign writable file; do
        rm -rf "$runtime_dir"
        install -d -o 54321 -g 54321 "$runtime_dir"
        case $what in
            link) ln -s "$host/dir" "$runtime_dir/rt" ;;
            foreign) install -d -m 777 "$runtime_dir/rt" ;;
            writable) install -d -o 54321 -m 777 "$runtime_dir/rt" ;;
            file) touch "$runtime_dir/rt" ;;
        esac
        chown -h 54321:54321 "$runtime_dir"
        [[ $what == foreign ]] || chown -h 54321:54321 "$runtime_dir/rt"
        expect_status 125 user run -b "$work/s5" "$prefix-s5"
        expect_text "$what" "$err" "the state directory" "$runtime_dir/rt"
        [[ $what == link ]] || expect_equal "$what: made there" "$(find "$runtime_dir/rt" -mindepth 1)" ''
    done
    # And nothing in /tmp or /var/tmp at all: no name there is one of rt.
    command -v strace >/dev/null || return 0
    strace -f -e trace=%file,bind,connect -o "$work/trace" "$RT" --root "$state" run -b "$work/s5" "$prefix-s5" >/dev/null 2>&1 || true
    expect_equal "names below /tmp" "$(grep -F '"/' "$work/trace" | grep -E '"(/var)?/tmp/' | grep -vF "$work" || true)" ''
}

# S14, CVE-2025-24965: every name that the runtime makes in the rootfs, when the image has it as a link.
names_of_the_runtime() { each_mapping names_of_the_runtime_with; }
names_of_the_runtime_with() {
    local name names=(null zero full random urandom tty console ptmx pts shm mqueue fd stdin stdout stderr core)
    for target in "$host/%" "$up$host/%" "/proc/1/root$host/%" "$host/new-%"; do
        image s14
        rm -rf "$image/dev" "$image/etc/hosts" "$image/etc/hostname" "$image/etc/resolv.conf"
        mkdir "$image/dev"
        for name in "${names[@]}"; do ln -s "${target//%/$name}" "$image/dev/$name"; done
        for name in hosts hostname resolv.conf; do ln -s "${target//%/$name}" "$image/etc/$name"; done
        ln -s "${target//%/dir}" "$image/run/notify"
        chown -hR "$2" "$image"
        assault s14 "$1 | .mounts |= map(select(.destination == \"/proc\"))
            | .mounts += [$(bind /etc/hosts),$(bind /etc/resolv.conf),$(tmpfs /run/notify)]"
        assault s14 "$1 | .mounts |= map(select(.destination | test(\"^/dev$\") | not))"
    done
}

# S20, CVE-2026-41579, CVE-2026-47766, CVE-2026-88264: /dev, with and without a terminal.
dev() { each_mapping dev_with; }
dev_with() {
    for target in "$host" "$host/dir" "$up$host/empty" "/proc/1/root$host"; do
        image s20
        rm -rf "$image/dev"
        ln -s "$target" "$image/dev"
        chown -hR "$2" "$image"
        assault s20 "$1 | .mounts |= map(select(.destination | startswith(\"/dev\") | not))"
        assault s20 "$1"
        mkdir -p "$image$host/pts"
        chown -hR "$2" "$image"
        terminal "$1 | .mounts |= map(select(.destination != \"/dev\"))"
    done
    for target in "$host/console" "$host/new" "$up$host/new" "/proc/1/root$host/console"; do
        image s20
        rm -f "$image/dev/console"
        ln -s "$target" "$image/dev/console"
        chown -hR "$2" "$image"
        terminal "$1 | .mounts |= map(select(.destination != \"/dev\"))"
        expect_equal "/dev/console -> $target: status" "$terminal_status" 125
    done
}
terminal() {  # FILTER: with a terminal of its own
    hostile_bundle terminal ".process.terminal=true | $1"
    terminal_status=0
    timeout 60 script -qec "'$RT' --root '$state' run -b '$work/terminal' '$prefix-terminal'" /dev/null >"$work/out" 2>&1 </dev/null || terminal_status=$?
    expect_nothing_left "$prefix-terminal"
}

# S21, CVE-2026-88265: /dev/null of the image is a link to a file of the host that the config mounts; the streams are pipes.
null_of_the_image() { each_mapping null_of_the_image_with; }
null_of_the_image_with() {
    image s21
    rm -rf "$image/dev"
    mkdir -p "$image/dev" "$image/host"
    ln -s /host/null "$image/dev/null"
    chown -hR "$2" "$image"
    for user in 0 1000; do
        assault s21 "$1 | .process.user={uid:$user,gid:$user} | .mounts |= map(select(.destination == \"/proc\"))
            | .mounts += [{destination:\"/host\",type:\"bind\",source:\"$host\",options:[\"bind\",\"ro\"]}]" <&-
        expect_equal "a link for /dev/null: status" "$status" 125
        expect_text "a link for /dev/null" "$err" "/dev/null"
    done
}

# S13 for the working directory, where /proc shows processes of the host: what is missing is not made behind their roots.
working_directory() {
    local link
    for link in "/proc/$canary_process/root" /proc/1/root /proc/self/root "$host"; do
        image cwd
        ln -s "$link$host/empty" "$image/app"
        mkdir -p "$image$host/empty"
        assault cwd '.linux.namespaces |= map(select(.type != "pid")) | .process.cwd="/app/made/deep" | .process.args=["pwd"]
            | .mounts |= map(if .type == "proc" then {destination:"/proc",type:"bind",source:"/proc",options:["rbind"]} else . end)'
        assault cwd '.process.cwd="/app/made/deep" | .process.args=["true"]'
    done
}

# S25, CVE-2026-40226: what lies in the image or next to it is no configuration.
settings_of_the_image() {
    image s25
    printf '#!/bin/sh\ntouch %s/ran\n' "$work" >"$image/hook"
    chmod 755 "$image/hook"
    local config="{\"hooks\":{\"createRuntime\":[{\"path\":\"$image/hook\"}]},\"process\":{\"env\":[\"OF_THE_IMAGE=1\"]}}"
    mkdir -p "$image/usr/share/containers/oci/hooks.d" "$image/etc/rt" "$work/s25"
    for name in config.json etc/rt/config.json usr/share/containers/oci/hooks.d/1.json .rt.json rt.json; do
        mkdir -p "$(dirname "$image/$name")"
        echo "$config" >"$image/$name"
    done
    for name in "$work/s25-image.nspawn" "$image.nspawn" "$image/rootfs.nspawn"; do
        printf '[Exec]\nEnvironment=OF_THE_IMAGE=1\n[Files]\nBind=%s:/host\n' "$host" >"$name"
    done
    assault s25 '.process.args=["sh","-c","env; ls -d /host; true"]'
    expect_equal "settings of the image: status" "$status" 0
    without_text "settings of the image" "$out" OF_THE_IMAGE $'\n/host\n'
    expect_equal "a hook of the image" "$(ls "$work/ran" 2>/dev/null || true)" ''
}

run_cases mount_points proc_and_sys names_made_before names_of_the_runtime dev null_of_the_image working_directory settings_of_the_image -- "$@"
