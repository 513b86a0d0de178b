# Files: volumes, file systems in memory, images that are built.

case_read_only() {
    expect_status 1 docker run --rm --read-only base touch /file
    expect_text "read-only" "$err" "Read-only file system"
    expect_output fine docker run --rm --read-only --tmpfs /tmp -v scratch:/srv base sh -c 'touch /tmp/a /srv/b /dev/shm/one && echo fine'
}

case_tmpfs() {
    expect_status 0 docker run --rm --tmpfs /t:size=1m,mode=1770,noexec base sh -c 'grep " /t " /proc/mounts; stat -c %a /t'
    expect_text tmpfs "$out" "tmpfs /t tmpfs rw," nosuid nodev noexec size=1024k $'\n1770'
    expect_output 2048 docker run --rm --mount type=tmpfs,destination=/t,tmpfs-size=2m base sh -c 'df -k /t | awk "END { print \$2 }"'
    expect_output 8192 docker run --rm --shm-size 8m base sh -c 'df -k /dev/shm | awk "END { print \$2 }"'
}

case_volumes() {
    mkdir -p /data/host
    echo from the host >/data/host/file
    expect_output "from the host" docker run --rm -v /data/host:/mnt base cat /mnt/file
    expect_status 1 docker run --rm -v /data/host:/mnt:ro base touch /mnt/new
    expect_output "from the host" docker run --rm -v /data/host/file:/etc/one:ro base cat /etc/one
    # A volume keeps what is written, and takes what the image has there.
    expect_output "33" docker run --rm -v kept:/var/www base stat -c %u /var/www
    expect_status 0 docker run --rm -v kept:/var/www base sh -c 'echo kept >/var/www/page'
    expect_output kept docker run --rm -v kept:/mnt base cat /mnt/page
    expect_status 0 docker run --name one -v kept:/srv base true
    expect_output kept docker run --rm --volumes-from one base cat /srv/page
    expect_status 125 docker run --rm --mount type=bind,source=/data/none,destination=/mnt base true
}

case_propagation() {
    mkdir -p /data/host/below /data/host/inside
    mount -t tmpfs host-mounts /data/host
    mount --make-rshared /data/host
    mkdir /data/host/{first,second}
    expect_status 0 docker run -d --name slave -v /data/host:/mnt:rslave base sleep 1000
    expect_status 0 docker run -d --name shared --cap-add SYS_ADMIN -v /data/host:/mnt:rshared base sleep 1000
    expect_status 0 docker run -d --name private -v /data/host:/mnt base sleep 1000
    mount -t tmpfs -o size=64k later /data/host/first
    expect_text "slave" "$(docker exec slave cat /proc/mounts)" "later /mnt/first tmpfs"
    expect_text "shared" "$(docker exec shared cat /proc/mounts)" "later /mnt/first tmpfs"
    [[ $(docker exec private cat /proc/mounts) != *"/mnt/first"* ]] || fail "a mount reached a private volume"
    expect_status 0 docker exec --privileged shared mount -t tmpfs made-inside /mnt/second
    grep -q "^made-inside /data/host/second " /proc/mounts || fail "a mount in a shared volume did not reach the host"
    expect_text "from one to the other" "$(docker exec slave cat /proc/mounts)" "made-inside /mnt/second tmpfs"
    docker rm -f slave shared private >/dev/null
    umount -R /data/host
}

case_build() {
    local at=$work/build
    mkdir -p "$at"
    echo copied >"$at/file"
    cat >"$at/Dockerfile" <<'END'
FROM base
RUN echo made by RUN >/made
RUN ["/bin/sh", "-c", "id -u >/uid"]
COPY file /file
USER user
WORKDIR /home/user/work
RUN id -u >/tmp/uid && pwd >/tmp/pwd
ENV NAME=value
CMD cat /made /uid /file /tmp/uid /tmp/pwd && echo $NAME
END
    expect_status 0 docker build -q -t built "$at"
    expect_output $'made by RUN\n0\ncopied\n1000\n/home/user/work\nvalue' docker run --rm built
    printf 'FROM base\nRUN exit 9\n' >"$at/Dockerfile"
    expect_status 9 docker build "$at"
    expect_text "a step that fails" "$err" "returned a non-zero code: 9"
    docker rmi -f built >/dev/null
}

# BuildKit calls the program runc of the daemon's PATH, whatever the default runtime is.
case_build_kit() {
    local at=$work/build
    mkdir -p "$at" /data/instead
    printf '#!/bin/sh\necho "$@" >>/data/instead/calls\nexec /usr/local/bin/rt "$@"\n' >/data/instead/runc
    chmod 755 /data/instead/runc
    stop_docker
    PATH=/data/instead:$PATH start_docker
    printf 'FROM base\nRUN id -u >/uid\nUSER 33\nRUN id -u >/tmp/uid\n' >"$at/Dockerfile"
    expect_status 0 env DOCKER_BUILDKIT=1 docker build --progress plain -t built "$at"
    expect_output $'0\n33' docker run --rm built cat /uid /tmp/uid
    expect_text "calls" "$(cat /data/instead/calls)" " run --bundle "
    printf 'FROM base\nRUN exit 9\n' >"$at/Dockerfile"
    expect_status 1 env DOCKER_BUILDKIT=1 docker build --progress plain "$at"
    expect_text "a step that fails" "$err" "exit code: 9"
    docker rmi -f built >/dev/null
    stop_docker
    start_docker
}
