# The guest's disk: a small Debian with systemd, the tools that the tests use, and an unprivileged user.
# shellcheck shell=bash disable=SC2154  # vmtest's variables

guest_packages=(systemd systemd-sysv dbus dbus-user-session libpam-systemd apparmor util-linux bsdutils mount kmod procps
    iproute2 uidmap acl attr jq strace busybox-static keyutils e2fsprogs python3 libseccomp2 libcap-ng0 libstdc++6 libgcc-s1
    ca-certificates)
engine_packages=(podman crun runc conmon catatonit slirp4netns fuse-overlayfs netavark iptables nftables criu)
test_user=tester

# What would be waited for, or is of no use in a machine that lives for a minute.
masked_units=(getty.target getty@.service serial-getty@.service console-getty.service systemd-timesyncd.service
    systemd-resolved.service systemd-networkd.service systemd-networkd-wait-online.service systemd-update-utmp.service
    systemd-update-utmp-runlevel.service systemd-pstore.service e2scrub_reap.service e2scrub_all.timer fstrim.timer
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer systemd-tmpfiles-clean.timer podman-auto-update.timer
    podman-auto-update.service podman.socket podman.service podman-restart.service systemd-firstboot.service
    systemd-machine-id-commit.service systemd-random-seed.service systemd-journal-flush.service systemd-remount-fs.service
    systemd-fsck-root.service systemd-hwdb-update.service ldconfig.service systemd-binfmt.service
    systemd-boot-system-token.service systemd-sysusers.service systemd-update-done.service
    systemd-ask-password-wall.path systemd-ask-password-console.path modprobe@drm.service modprobe@dm_mod.service
    modprobe@configfs.service modprobe@efi_pstore.service sys-kernel-config.mount)

# Sets: image
prepare_image() {
    local packages=("${guest_packages[@]}") key work=$cache/image-work
    ((engines == 0)) || packages+=("${engine_packages[@]}")
    key=$( (printf '%s\n' "$format" "$suite" "${packages[@]}" && cat "$self_dir/image.bash" "$self_dir"/guest/agent.*) |
        sha256sum | cut -c1-12)
    image=$cache/root-$key.ext4
    [[ ! -e $image ]] || return 0
    ((EUID == 0)) || die "the guest's image must be built as root (once: 'vmtest build')"
    need mmdebstrap
    need mke2fs
    say "building the guest's image ($suite, ${#packages[@]} packages named)"
    rm -rf "$work"
    mkdir -p "$work"
    install_packages "$work" "${packages[@]}"
    set_up_agent "$work/root"
    set_up_system "$work/root"
    set_up_user "$work/root"
    mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=0 -L root -m 0 -N 400000 -d "$work/root" "$image.new" 8G >/dev/null
    rm -rf "$work"
    mv "$image.new" "$image"
}

install_packages() {
    local work=$1 list
    shift
    apt_settings >"$work/apt.conf"
    list=$(IFS=, && printf '%s' "$*")
    apt_sources "$suite" | mmdebstrap --quiet --mode=root --variant=essential --include="$list" \
        --aptopt="$work/apt.conf" --aptopt='Acquire::Languages "none"' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='force-unsafe-io' \
        "$suite" "$work/root" - >"$work/log" 2>&1 ||
        die "building the guest's image failed: $(tail -n 5 "$work/log")"
}

set_up_agent() {
    local root=$1
    install -m 755 "$self_dir/guest/agent.pl" "$root/usr/local/sbin/vmtest-agent"
    install -m 644 "$self_dir/guest/agent.service" "$root/etc/systemd/system/vmtest-agent.service"
    mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
    ln -sf ../vmtest-agent.service "$root/etc/systemd/system/multi-user.target.wants/"
}

set_up_system() {
    local etc=$1/etc unit
    mkdir -p "$1/usr/lib/modules"
    for unit in "${masked_units[@]}"; do
        ln -sf /dev/null "$etc/systemd/system/$unit"
    done
    # Compiling profiles that nobody uses would take a third of the boot time.
    find "$etc/apparmor.d" -maxdepth 1 -type f -delete
    ln -sf /lib/systemd/system/multi-user.target "$etc/systemd/system/default.target"
    mkdir -p "$etc/systemd/journald.conf.d" "$etc/systemd/system.conf.d" "$etc/systemd/system/user@.service.d"
    printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=32M\nRateLimitIntervalSec=0\n' >"$etc/systemd/journald.conf.d/vmtest.conf"
    printf '[Manager]\nDefaultTimeoutStartSec=180s\nDefaultTimeoutStopSec=15s\n' >"$etc/systemd/system.conf.d/vmtest.conf"
    # Every controller for the users' sessions, as the guides for containers without root advise.
    printf '[Service]\nDelegate=cpu cpuset io memory pids\n' >"$etc/systemd/system/user@.service.d/delegate.conf"
    printf '%s\n' virtio_console 9pnet_virtio 9p overlay fuse loop tun >"$etc/modules-load.d/vmtest.conf"
    printf '%s\n' 'z /dev/fuse 0666 root root -' 'z /dev/net/tun 0666 root root -' >"$etc/tmpfiles.d/vmtest.conf"
    printf 'kernel.unprivileged_userns_clone=1\n' >"$etc/sysctl.d/50-vmtest.conf"
    printf 'vmtest\n' >"$etc/hostname"
    printf '127.0.0.1 localhost vmtest\n::1 localhost\n' >"$etc/hosts"
    : >"$etc/fstab"
    printf '00000000000000000000000000007e57\n' >"$etc/machine-id"
}

# An unprivileged user with ids of their own, whose systemd instance is always up.
set_up_user() {
    local root=$1 file
    chroot "$root" passwd -q -d root
    chroot "$root" useradd -m -s /bin/bash -u 1000 "$test_user"
    chroot "$root" passwd -q -d "$test_user"
    for file in subuid subgid; do
        grep -q "^$test_user:" "$root/etc/$file" || printf '%s:100000:65536\n' "$test_user" >>"$root/etc/$file"
    done
    mkdir -p "$root/var/lib/systemd/linger"
    : >"$root/var/lib/systemd/linger/$test_user"
}
