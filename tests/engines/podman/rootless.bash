# Cases of Podman for an ordinary user: its ids, and what its containers make of files.

maps='cat /proc/self/uid_map'
squeezed() { "$@" | awk '{ $1 = $1; print }'; }

case_user_namespace() {
    expect_output "0 $user_id 1"$'\n'"1 200000 300000" squeezed podman run --rm $image $maps
    podman run -d --name one $image sleep 1000
    expect_output "$user_id" stat -c %u "/proc/$(podman inspect one --format '{{.State.Pid}}')"
    podman run -d --name two --user 33 $image sleep 1000
    expect_output 200032 stat -c %u "/proc/$(podman inspect two --format '{{.State.Pid}}')"
}

case_userns_keep_id() {
    expect_output "$user_id $user_id" podman run --rm --userns keep-id $image sh -c 'echo $(id -u) $(id -g)'
    podman run --rm --userns keep-id -v "$shared:/srv" $image touch /srv/mine
    expect_output "$user_id" stat -c %u "$shared/mine"
    expect_output 0 podman run --rm --userns keep-id --user 0 $image id -u
    expect_output "33 33" podman run --rm --userns keep-id:uid=33,gid=33 $image sh -c 'echo $(id -u) $(id -g)'
}

case_userns_keep_id_exec() {
    podman run -d --name one --userns keep-id $image sleep 1000
    expect_output "$user_id" podman exec one id -u
    expect_output "/dev/pts/0 $user_id" in_terminal podman exec -it one sh -c 'echo $(tty) $(id -u) >$(tty)'
    expect_output 0 podman exec --user 0 one id -u
}

case_userns_nomap() {
    expect_output "0 1 300000" squeezed podman run --rm --userns nomap $image $maps
    touch "$shared/file" && chown "$user_id" "$shared/file"
    expect_output 65534 podman run --rm --userns nomap -v "$shared:/srv" $image stat -c %u /srv/file
}

case_userns_host() {
    expect_output "0 $user_id 1"$'\n'"1 200000 300000" squeezed podman run --rm --userns host $image $maps
}

case_userns_auto() {
    podman run -d --name one --userns auto $image sleep 1000
    podman run -d --name two --userns auto $image sleep 1000
    [[ $(squeezed podman exec one $maps) != "$(squeezed podman exec two $maps)" ]] || fail "both have the same ids"
    expect_output 2000 sh -c "podman run --rm --userns auto:size=2000 $image $maps | awk '{ print \$3 }'"
}

# A map shows the ids of the namespace around: that of Podman itself, in which 0 is the user and 1 the first subordinate id.
case_userns_map() {
    expect_output "0 1 1000" squeezed podman run --rm --uidmap 0:1:1000 $image $maps
    expect_output $'0 0 1\n1 10000 100' squeezed podman run --rm --uidmap 0:0:1 --uidmap 1:10000:100 $image $maps
}

case_userns_sparse() {
    local ranges=(--uidmap 0:1:10 --uidmap 33:5000:1 --uidmap 1000:0:1 --uidmap 65534:60000:1)
    expect_output $'0 1 10\n33 5000 1\n1000 0 1\n65534 60000 1' squeezed podman run --rm "${ranges[@]}" $image $maps
    expect_output 1000 podman run --rm "${ranges[@]}" --user 1000 $image id -u
    podman run --rm "${ranges[@]}" --user 1000 -v "$shared:/srv" $image touch /srv/mine
    expect_output "$user_id" stat -c %u "$shared/mine"
}

case_userns_unmapped_user() {
    expect_status 126 podman run --rm --uidmap 0:1:1000 --user 4000 $image true
    expect_text "Podman itself knows" "$err" "doesn't map UID 4000"
}

case_userns_path() {
    local pid
    podman unshare unshare --user --map-root-user --fork sleep 4711 &
    wait_for pgrep -x -f "sleep 4711"
    pid=$(pgrep -x -f "sleep 4711")
    expect_output "$(readlink "/proc/$pid/ns/user")" podman run --rm --userns "ns:/proc/$pid/ns/user" $image readlink /proc/self/ns/user
    kill "$pid"
}

case_userns_container() {
    podman run -d --name one --uidmap 0:1:1000 $image sleep 1000
    expect_output "$(podman exec one readlink /proc/self/ns/user)" podman run --rm --userns container:one $image readlink /proc/self/ns/user
}

case_userns_files() {
    podman run --rm -v "$shared:/srv" $image sh -c 'touch /srv/root; touch /srv/www; chown 33 /srv/www'
    expect_output "$user_id 200032" sh -c "echo \$(stat -c %u $shared/root $shared/www)"
    touch "$shared/of-root"
    chown 0 "$shared/of-root"
    expect_output 65534 podman run --rm -v "$shared:/srv" $image stat -c %u /srv/of-root
}

case_userns_closed_home() {
    mkdir -p $home/closed/data
    echo reached >$home/closed/data/file
    chown -R "$user_id:$user_id" $home/closed
    chmod 700 $home/closed
    expect_output reached podman run --rm --uidmap 0:1:1000 -v $home/closed/data:/srv $image cat /srv/file
}

case_group_kept() {
    expect_status 0 podman run --rm --group-add keep-groups $image id -G
    expect_text "the user's further group shows as one that has no number here" "$out" 65534
}

case_limits_refused_or_ignored() {
    # On cgroup v1 an ordinary user has none; Podman says so and goes on.
    expect_status 0 podman run --rm --pids-limit 50 $image echo hello
    expect_equal output "$out" hello
}
