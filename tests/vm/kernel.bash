# From an unpacked kernel package: what QEMU boots (vmlinuz, initrd) and the disk with the modules.
# shellcheck shell=bash disable=SC2154  # vmtest's variables

# Drivers of hardware that the machine does not have are left out.
kernel_parts=(arch block crypto fs lib mm net security)
driver_parts=(virtio block char net/veth net/tun net/tap net/dummy net/ipvlan net/macvlan net/macvtap net/bonding net/vxlan
    net/wireguard net/virtio_net net/net_failover net/vrf net/nlmon net/geneve net/ifb md dax nvdimm fuse vhost)
boot_modules=(crc32c_generic crc32c_intel virtio_pci virtio_blk ext4)

# Sets: vmlinuz, modules, version: what the unpacked packages in TREE hold.
find_kernel() {
    local tree=$1 file
    vmlinuz='' modules=''
    for file in "$tree"/boot/vmlinuz-* "$tree"/usr/lib/modules/*/vmlinuz "$tree"/lib/modules/*/vmlinuz; do
        [[ ! -e $file ]] || vmlinuz=$file
    done
    [[ -n $vmlinuz ]] || die "no kernel image (boot/vmlinuz-* or lib/modules/*/vmlinuz) under $tree"
    version=$(basename "$vmlinuz")
    if [[ $version == vmlinuz ]]; then version=$(basename "$(dirname "$vmlinuz")"); fi
    version=${version#vmlinuz-}
    for file in "$tree/usr/lib/modules/$version" "$tree/lib/modules/$version"; do
        [[ ! -d $file/kernel ]] || modules=$file
    done
    [[ -n $modules ]] || die "no modules of kernel $version under $tree"
}

# Sets: kernel_dir
prepare_kernel() {
    find_kernel "$1"
    kernel_dir=$cache/kernel-$( (printf '%s' "$format $version $(stat -c '%s %Y' "$vmlinuz")" && cat "$self_dir/guest/init") |
        sha256sum | cut -c1-12)
    [[ ! -e $kernel_dir/done ]] || return 0
    say "preparing kernel $version"
    need busybox
    need mke2fs
    need depmod
    rm -rf "$kernel_dir"
    mkdir -p "$kernel_dir/work"
    module_disk "$kernel_dir/work/modules"
    initrd "$kernel_dir/work/modules" "$kernel_dir/work/initrd"
    cp "$vmlinuz" "$kernel_dir/vmlinuz"
    rm -rf "$kernel_dir/work"
    : >"$kernel_dir/done"
}

# The modules that are kept, in ROOT and on a disk of their own: the image does not depend on the kernel.
module_disk() {
    local root=$1 part file to
    to=$root/lib/modules/$version
    mkdir -p "$to/kernel"
    for part in "${kernel_parts[@]}"; do
        [[ ! -d $modules/kernel/$part ]] || cp -a "$modules/kernel/$part" "$to/kernel/"
    done
    for part in "${driver_parts[@]}"; do
        for file in "$modules/kernel/drivers/$part" "$modules/kernel/drivers/$part".ko*; do
            [[ -e $file ]] || continue
            mkdir -p "$to/kernel/drivers/$(dirname "$part")"
            cp -a "$file" "$to/kernel/drivers/$(dirname "$part")/"
        done
    done
    find "$modules" -maxdepth 1 -name 'modules.*' ! -name 'modules.*dep*' ! -name 'modules.*alias*' \
        ! -name 'modules.*symbols*' -exec cp -a {} "$to/" \;
    # Modules that other (left out) ones need are no error here.
    depmod -b "$root" "$version" 2>"$kernel_dir/work/log" || die "depmod failed: $(tail -n 2 "$kernel_dir/work/log")"
    mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=0 -L modules -m 0 -d "$root/lib/modules" \
        "$kernel_dir/modules.ext4" "$(($(du -sm "$root" | cut -f1) * 5 / 4 + 32))M" >/dev/null
}

# A minimal initrd from the modules in ROOT, made in DIR: the virtio disk and ext4, then over to systemd.
initrd() {
    local root=$1 dir=$2 count=10 module file name
    mkdir -p "$dir"/{bin,dev,proc,sys,mnt,mod}
    cp "$(command -v busybox)" "$dir/bin/busybox"
    for module in "${boot_modules[@]}"; do
        while read -r _ file _; do
            [[ $file == *.ko* ]] || continue
            name=$(basename "$file")
            name=${name%.xz}
            name=${name%.zst}
            compgen -G "$dir/mod/*-$name" >/dev/null && continue
            name=$dir/mod/$count-$name
            case $file in
                *.xz) xz -dc "$file" >"$name" ;;
                *.zst) zstd -qdc "$file" >"$name" ;;
                *) cp "$file" "$name" ;;
            esac
            count=$((count + 1))
        done < <(modprobe -d "$root" -S "$version" --show-depends "$module" 2>/dev/null | grep '^insmod')
    done
    install -m 755 "$self_dir/guest/init" "$dir/init"
    (cd "$dir" && find . | busybox cpio -o -H newc 2>/dev/null) >"$kernel_dir/initrd"
}
