# Cases of Podman, as root and rootless: volumes, mounts, secrets, builds.

case_volume() {
    echo outside >$shared/file
    chmod 666 $shared/file
    expect_output outside podman run --rm -v $shared:/srv $image cat /srv/file
    expect_status 0 podman run --rm -v $shared:/srv $image sh -c 'echo inside >/srv/file'
    expect_output inside cat $shared/file
    expect_status 1 podman run --rm -v $shared:/srv:ro $image touch /srv/file
    expect_text "read-only" "$err" "Read-only file system"
}

case_volume_file() {
    echo outside >$shared/file
    expect_output outside podman run --rm -v $shared/file:/etc/hostname $image cat /etc/hostname
    expect_status 125 podman run --rm -v $shared/no-such:/srv $image true
}

case_volume_options() {
    cp "$(realpath $image_root/bin/busybox)" $shared/busybox
    expect_status 126 podman run --rm -v $shared:/srv:noexec $image /srv/busybox true
    expect_status 0 podman run --rm -v $shared:/srv:nosuid,nodev $image awk '$5 == "/srv" { print $6 }' /proc/self/mountinfo
    expect_text options "$out" nosuid nodev
}

case_volume_named() {
    expect_status 0 podman run --rm -v kept:/srv $image sh -c 'echo kept >/srv/file'
    expect_output kept podman run --rm -v kept:/srv $image cat /srv/file
}

case_volume_copied_up() {
    # A new named volume gets what the image has at that place.
    expect_output "passwd" podman run --rm -v fresh:/etc $image sh -c 'ls /etc | grep passwd'
}

case_volumes_from() {
    podman run -d --name one -v kept:/srv $image sleep 1000
    podman exec one sh -c 'echo shared >/srv/file'
    expect_output shared podman run --rm --volumes-from one $image cat /srv/file
}

case_volume_over_link() {
    # The target of a mount is looked up inside the rootfs: /var/run leads nowhere else.
    expect_status 0 podman run --name one $image ln -s /etc /link
    podman commit one linked-image
    echo here >$shared/file
    expect_output here podman run --rm -v $shared/file:/link/inner $image cat /link/inner
    expect_output here podman run --rm -v $shared/file:/link/inner linked-image cat /etc/inner
    podman rmi -f linked-image
}

case_propagation() {
    local flags='awk "\$5 == \"/srv\" { for (i = 7; \$i != \"-\"; i++) printf \"%s \", \$i }" /proc/self/mountinfo'
    expect_status 0 podman run --rm -v $shared:/srv:rshared $image sh -c "$flags"
    expect_text rshared "$out" shared:
    expect_status 0 podman run --rm -v $shared:/srv:rslave $image sh -c "$flags"
    expect_text rslave "$out" master:
    expect_output "" podman run --rm -v $shared:/srv:rprivate $image sh -c "$flags"
}

case_tmpfs() {
    expect_status 0 podman run --rm --tmpfs /scratch:size=64k,mode=1770 $image sh -c 'stat -c %a /scratch; df -k /scratch | tail -n 1'
    expect_text tmpfs "$out" 1770 " 64 "
    expect_status 1 podman run --rm --tmpfs /scratch:ro $image touch /scratch/file
    expect_output "64000k" podman run --rm --shm-size 64000k $image sh -c 'df -k /dev/shm | awk "END { print \$2 \"k\" }"'
}

case_mount_tmpfs_copy() {
    expect_status 0 podman run --rm --mount type=tmpfs,destination=/etc $image ls /etc
    expect_text "what the image has is copied up" "$out" passwd group
    expect_output "" podman run --rm --mount type=tmpfs,destination=/etc/new,notmpcopyup $image ls /etc/new
}

case_secrets() {
    echo hush >$shared/secret
    podman secret create one $shared/secret
    expect_output hush podman run --rm --secret one $image cat /run/secrets/one
    expect_output hush podman run --rm --secret one,type=env,target=SECRET $image sh -c 'echo $SECRET'
    expect_output "400 33 33" podman run --rm --secret one,mode=0400,uid=33,gid=33 $image stat -c '%a %u %g' /run/secrets/one
    podman secret rm one
}

case_overlay_volume() {
    echo lower >$shared/file
    expect_output "lower upper" podman run --rm -v $shared:/srv:O $image sh -c 'echo upper >/srv/new; echo $(cat /srv/file /srv/new)'
    [[ ! -e $shared/new ]] || fail "the change reached the directory"
}

case_image_mount() {
    expect_status 0 podman run --rm --mount type=image,source=$image,destination=/image $image ls /image/etc
    expect_text image "$out" passwd
}

case_build() {
    mkdir -p $shared/context
    echo copied >$shared/context/file
    cat >$shared/context/Containerfile <<END
FROM $image
ARG VERSION=1
ENV PLACE=/srv
COPY file /srv/file
RUN echo "version \$VERSION" >/srv/version && id -u >/srv/uid
USER 33
RUN id -u >/tmp/uid
WORKDIR /srv
CMD ["cat", "/srv/file", "/srv/version", "/srv/uid", "/tmp/uid"]
END
    expect_status 0 podman build --build-arg VERSION=2 -t built $shared/context
    expect_output $'copied\nversion 2\n0\n33' podman run --rm built
    podman rmi -f built
}

case_build_failure() {
    mkdir -p $shared/context
    printf 'FROM %s\nRUN exit 9\n' "$image" >$shared/context/Containerfile
    expect_status 9 podman build $shared/context
    printf 'FROM %s\nRUN ["/no/such/program"]\n' "$image" >$shared/context/Containerfile
    expect_status 1 podman build $shared/context
    expect_text message "$err" "no such file or directory"
}

case_build_isolation() {
    mkdir -p $shared/context
    printf 'FROM %s\nRUN --mount=type=tmpfs,destination=/scratch awk '"'"'$5 == "/scratch" { print "mounted" }'"'"' /proc/self/mountinfo >/mark\n' "$image" >$shared/context/Containerfile
    expect_status 0 podman build -t built $shared/context
    expect_output mounted podman run --rm built cat /mark
    podman rmi -f built
}
