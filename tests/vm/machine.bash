# QEMU's machine: its options, its saved state, and a run in it.
# shellcheck shell=bash disable=SC2154  # vmtest's variables

pick_accel() {
    case $accel in
        tcg | kvm) ;;
        auto)
            accel=tcg
            # A /dev/kvm without vmx/svm (a page-table hypervisor) cannot boot a distribution's kernel.
            if [[ -w /dev/kvm ]] && grep -qE '^flags.* (vmx|svm)( |$)' /proc/cpuinfo; then accel=kvm; fi
            ;;
        *) die "--accel must be auto, tcg or kvm" ;;
    esac
}

# The kernel's command line.
kernel_words() {
    local words='quiet loglevel=3 console=ttyS0 panic=-1 mitigations=off random.trust_cpu=on'
    words+=' audit=0 apparmor=1 security=apparmor systemd.show_status=0 no_timer_check'
    words+=' rcupdate.rcu_expedited=1 net.ifnames=0 TERM=dumb'
    local legacy=' systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1'
    case $cgroup in
        v2) words+=' systemd.unified_cgroup_hierarchy=1' ;;
        hybrid) words+="$legacy systemd.legacy_systemd_cgroup_controller=0" ;;
        v1) words+="$legacy systemd.legacy_systemd_cgroup_controller=1" ;;
    esac
    printf '%s' "$words${append:+ $append}"
}

# Sets: qemu (everything but the shares, the disk's name, and where to start from)
machine() {
    local acceleration=tcg,thread=multi,tb-size=256 cpu=max
    if [[ $accel == kvm ]]; then acceleration=kvm cpu=host; fi
    # The commas are QEMU's.
    # shellcheck disable=SC2054
    qemu=(qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot
        -M q35 -accel "$acceleration" -cpu "$cpu" -smp "$cpus" -m "$mem"
        -kernel "$kernel_dir/vmlinuz" -initrd "$kernel_dir/initrd" -append "$(kernel_words)"
        -device virtio-serial-pci -chardev "socket,id=agent,path=@AGENT@"
        -device virtserialport,chardev=agent,name=vmtest
        -chardev "socket,id=mon,path=@MONITOR@" -mon chardev=mon,mode=readline
        -serial "file:@CONSOLE@")
    modules=(-drive "file=$kernel_dir/modules.ext4,format=raw,if=virtio,readonly=on")
}

# The state of a machine that has finished booting, so that a run need not boot.
# Sets: state_dir
prepare_state() {
    local key
    key=$( (printf '%s\n' "${qemu[@]}" "$image" "$format" && qemu-system-x86_64 --version) | sha256sum | cut -c1-12)
    state_dir=$cache/state-$key
    [[ ! -e $state_dir/done ]] || return 0
    [[ -w $cache ]] || die "no saved state for these options, and '$cache' is not yours (vmtest build as its owner, or --fresh)"
    need qemu-img
    say "booting the guest once to save its state"
    rm -rf "$state_dir"
    mkdir -p "$state_dir/none"
    qemu-img create -q -f qcow2 -F raw -b "$image" "$state_dir/disk.qcow2"
    perl "$self_dir/client.pl" save --verbose "$verbose" --timeout 600 --state "$state_dir/state" -- \
        "${qemu[@]}" -drive "file=$state_dir/disk.qcow2,if=virtio,cache=unsafe" "${modules[@]}" \
        -fsdev "local,id=s0,path=$state_dir/none,security_model=none" \
        -fsdev "local,id=s1,path=$state_dir/none,security_model=none" \
        -device virtio-9p-pci,fsdev=s0,mount_tag=share0 -device virtio-9p-pci,fsdev=s1,mount_tag=share1 ||
        die "the guest did not come up"
    : >"$state_dir/done"
}

# One at a time fills the cache; one that another user filled can be used all the same.
locked() {
    [[ -d $cache ]] || mkdir -p "$cache" || die "cannot make '$cache'"
    [[ -w $cache ]] || return 0
    exec 9>"$cache/lock"
    flock 9 || die "cannot lock '$cache'"
}

prepare() {
    need qemu-system-x86_64
    pick_accel
    locked
    if [[ -z $kernel ]]; then
        kernel=$cache/kernel-$suite-tree
        if [[ ! -e $kernel.done ]]; then
            [[ -w $cache ]] || die "'$cache' is not yours"
            say "fetching the kernel of $suite"
            rm -rf "$kernel"
            fetch_kernel "$suite" "$kernel"
            : >"$kernel.done"
        fi
    fi
    prepare_kernel "$kernel"
    prepare_image
    machine
    ((fresh == 1)) || prepare_state
    [[ ! -w $cache ]] || exec 9>&-
}

# Sets: share_devices, client (what is told to the guest); cwd when none was given
prepare_shares() {
    local model=none i share dir guest read_only
    ((EUID != 0)) || model=passthrough
    ((${#shares[@]} <= 2)) || die "--share can be given twice at most"
    [[ -d $cache/empty ]] || mkdir -p "$cache/empty" || die "'$cache' is not yours"
    share_devices=()
    for i in 0 1; do  # the saved state knows two
        share=${shares[$i]:-} dir=$cache/empty guest='' read_only=''
        if [[ -n $share ]]; then
            if [[ $share == *:ro ]]; then read_only=,readonly=on; fi
            share=${share%:ro}
            [[ -d ${share%%:*} ]] || die "--share: no directory '${share%%:*}'"
            dir=$(cd -- "${share%%:*}" && pwd -P)
            guest=$dir
            [[ $share != *:* ]] || guest=${share#*:}
            [[ $guest == /?* ]] || die "--share: '$guest' is no absolute path in the guest"
            client+=(--mount "share$i=$guest")
            cwd=${cwd:-$guest}
        fi
        [[ $dir != *,* ]] || die "--share: a comma in '$dir' is not possible"
        share_devices+=(-fsdev "local,id=s$i,path=$dir,security_model=$model,multidevs=remap$read_only"
            -device "virtio-9p-pci,fsdev=s$i,mount_tag=share$i")
    done
}

run_in_guest() {  # COMMAND...
    local setting
    (($# > 0)) || die "no command given (see --help)"
    client=(--verbose "$verbose" --timeout "$timeout")
    prepare_shares
    [[ -z $cwd ]] || client+=(--cwd "$cwd")
    [[ -z $user ]] || client+=(--user "$user")
    for setting in "${envs[@]}"; do
        client+=(--env "$setting")
    done
    prepare
    if ((fresh == 1)); then
        qemu+=(-drive "file=$image,format=raw,if=virtio,snapshot=on,cache=unsafe" "${modules[@]}" "${share_devices[@]}")
    else
        qemu+=(-drive "file=$state_dir/disk.qcow2,if=virtio,snapshot=on,cache=unsafe" "${modules[@]}" "${share_devices[@]}"
            -incoming "exec:cat '$state_dir/state'")
        client+=(--restored 1)
    fi
    say "starting the guest"
    exec perl "$self_dir/client.pl" run "${client[@]}" --argc "$#" -- "$@" "${qemu[@]}"
}
