#!/usr/bin/env bash
# The state directory: ids, modes, links and owners, the lock, and files that are damaged or lie. Whatever they say, no process
# is signalled and nothing is removed that is not the container's.
source "$(dirname "$0")/lib.bash"

id=$prefix-state
image boxed

ids() {
    local bad command
    hostile_bundle boxed .
    for bad in '' . .. ../x /x x/y x/.. a/../../b -x $'a\nb' $'a\tb' 'a b' $'\xff' $'a\x1b[2Jb' 'ä' '*' '$(id)' "$(printf 'a%.0s' {1..256})" "$(printf 'a%.0s' {1..1025})"; do
        for command in "run -b $work/boxed --" "create -b $work/boxed --" "state --" "kill --" "delete --" "delete --force --" "exec --"; do
            status=0
            # shellcheck disable=SC2086
            "$RT" --root "$state" $command "$bad" true >"$work/out" 2>"$work/err" </dev/null || status=$?
            checks=$((checks + 1))
            ((status != 0)) || fail "the id '$bad' was taken by $command"
            without_text "the id '$bad' by $command" "$(<"$work/err")" $'\x1b' "a mistake in rt"
        done
    done
    expect_equal "made" "$(find "$state" -mindepth 1 2>/dev/null || true)" ''
}

modes_and_owners() {
    hostile_bundle boxed '.annotations={"secret":"x"} | .process.args=["sleep","1000"] | .hooks={poststop:[{path:"/bin/true"}]}'
    (umask 0; expect_status 0 rt create -b "$work/boxed" "$id"; ((failures == 0))) || fail "create"
    expect_equal "modes" "$(cd "$state" && stat -c '%a %n' . "$id" "$id"/* | grep -v ' \(.\|'"$id"'\)$' | sort)" "$(
        printf '%s\n' "600 $id/config.json" "600 $id/lock" "600 $id/private.json" "600 $id/start" "644 $id/state.json" | sort)"
    expect_equal "directories" "$(cd "$state" && stat -c %a . "$id" | xargs)" "755 755"
    without_text "what everyone reads" "$(<"$state/$id/state.json")" secret poststop
    expect_status 0 rt delete "$id"
    hostile_bundle boxed .
    for what in foreign writable link; do
        rm -rf "$work/other"
        case $what in
            foreign) install -d -o 54321 "$work/other" ;;
            writable) install -d -m 777 "$work/other" ;;
            link) ln -s "$host/dir" "$work/other" ;;
        esac
        for command in "run -b $work/boxed" "delete --force" "kill" "start"; do
            # shellcheck disable=SC2086
            status=0; "$RT" --root "$work/other" $command "$id" >/dev/null 2>"$work/err" </dev/null || status=$?
            checks=$((checks + 1))
            ((status != 0)) || fail "$what: $command: status 0"
        done
    done
    # A container that is a link, or somebody else's.
    mkdir -p "$state"
    ln -s "$host/dir" "$state/$id"
    for command in delete "delete --force" kill start state; do
        # shellcheck disable=SC2086
        status=0; rt $command "$id" >/dev/null 2>"$work/err" </dev/null || status=$?
        checks=$((checks + 1))
        ((status != 0)) || fail "a link: $command: status 0"
    done
    rm "$state/$id"
    rm -rf "$work/other"
}

# A process, a cgroup and a directory that a lie could name.
lies() {
    hostile_bundle boxed '.process.args=["sleep","1000"]'
    expect_status 0 rt run -d -b "$work/boxed" "$id"
    sleep 0.1  # start times are hundredths of a second: that of the victim is far from the container's
    sleep 1000 & helpers+=($!)
    local victim=$! record=$state/$id/state.json lie start command
    start=$(awk '{ print $22 }' "/proc/$victim/stat")
    cp "$record" "$work/record"
    local own_cgroup
    own_cgroup=$(jq -r '.cgroups[0]' "$work/record")
    for lie in '.pid=VICTIM' '.pid=1' '.pid=VICTIM | .startTime+=1' '.pid=0' '.pid=-1' '.pid=4294967297' '.pid=99999999999999999999' '.pid="1"' '.pid=1.5' \
        'del(.pid)' '.startTime=-1' 'del(.startTime)' '.startTime="x"' '.id="another"' '.id=7' 'del(.id)' '.bootId="another"' '.status="paused"' '.status=1' \
        '.cgroups=["/"]' '.cgroups=["/etc"]' '.cgroups=["HOST"]' '.cgroups=["TOP"]' '.cgroups=["TOP/../TOP"]' '.cgroups=["OWN/.."]' '.cgroups=["OWN/../../x"]' '.cgroups=["relative"]' '.cgroups=[7]' '.cgroups={}' 'del(.cgroups)' \
        '.madeCgroups=["HOST"]' '.madeCgroups=["TOP"]' '.madeCgroups=["OWN/.."]' '.madeRdtGroups=["HOST/dir"]' '.madeRdtGroups=[""]' '.unit={name:"dbus.service"}' '.attachment={}' '.pidNamespace="x"' '.owner=-1'; do
        lie=${lie//VICTIM/$victim} lie=${lie//HOST/$host} lie=${lie//OWN/$own_cgroup} lie=${lie//TOP/${own_cgroup%/*}}
        for command in "kill $id KILL" "kill --all $id KILL" "delete $id"; do
            jq "$lie" "$work/record" >"$record" 2>/dev/null || sed -n p "$work/record" >"$record"
            # What is told of them is checked elsewhere (unit/state); here, what is done.
            # shellcheck disable=SC2086
            timeout 60 "$RT" --root "$state" $command >/dev/null 2>"$work/err" || true
            without_text "$lie: $command" "$(<"$work/err")" "a mistake in rt"
            checks=$((checks + 1))
            kill -0 "$victim" 2>/dev/null || { fail "$lie: $command ended a foreign process"; return; }
            [[ -e $state/$id ]] || { mkdir "$state/$id"; cp "$work/record" "$record"; }
        done
        kill -0 $canary_process || { fail "$lie: a process of the host was ended"; return; }
    done
    # Somebody else has the pid by now: the start time tells.
    jq ".pid=$victim | .startTime=$((start + 1))" "$work/record" >"$record"
    expect_equal "a reused pid" "$(rt state "$id" | jq -r .status)" stopped
    expect_status 1 rt kill "$id" KILL
    checks=$((checks + 1))
    kill -0 "$victim" || fail "the process that has the pid now was ended"
    cp "$work/record" "$record"
    stop_race
    expect_status 0 rt delete --force "$id"
}

damage() {
    hostile_bundle boxed '.process.args=["sleep","1000"]'
    local file pid
    for file in state.json private.json config.json; do
        for what in truncated huge binary nested directory fifo link; do
            [[ $file == state.json || $what == huge || $what == fifo || $what == nested ]] || continue
            expect_status 0 rt run -d -b "$work/boxed" "$id"
            pid=$(rt state "$id" | jq .pid)
            local path=$state/$id/$file
            cp "$path" "$work/copy"
            rm "$path"
            case $what in
                empty) : >"$path" ;;
                truncated) head -c 100 "$work/copy" >"$path" ;;
                huge) truncate -s 3G "$path" ;;
                binary) head -c 4096 "$RT" >"$path" ;;
                nested) printf '[%.0s' {1..200000} >"$path" ;;
                directory) mkdir "$path" ;;
                fifo) mkfifo "$path" ;;
                link) ln -s "$work/copy" "$path" ;;
            esac
            for command in "state $id" "exec $id true" "kill $id 0" "delete $id" "list"; do
                status=0
                # shellcheck disable=SC2086
                timeout 120 "$RT" --root "$state" $command >/dev/null 2>"$work/err" </dev/null || status=$?
                checks=$((checks + 1))
                [[ $status != 124 && $status != 139 && $status != 134 ]] || fail "$file, $what: $command: status $status"
                without_text "$file, $what: $command" "$(<"$work/err")" "a mistake in rt"
            done
            # As it was, so that it can go.
            rm -rf "$path"
            cp "$work/copy" "$path"
            checks=$((checks + 1))
            kill -0 "$pid" || fail "$file, $what: the container was ended"
            expect_status 0 rt delete --force "$id"
        done
    done
    expect_nothing_left "$id"
}

# Many commands at once: one create and one delete succeed, and nothing is between.
lock() {
    hostile_bundle boxed '.process.args=["sleep","1000"]'
    local n won
    for n in {1..8}; do (rt run -d -b "$work/boxed" "$id" >/dev/null 2>&1 && echo won || true) >"$work/run$n" & helpers+=($!); done
    for n in "${helpers[@]}"; do wait "$n"; done
    helpers=()
    won=$(cat "$work"/run? | wc -l)
    expect_equal "creators" "$won" 1
    for n in {1..8}; do (rt delete --force "$id" >/dev/null 2>"$work/del$n" || echo lost >>"$work/lost") & helpers+=($!); done
    for n in "${helpers[@]}"; do wait "$n"; done
    helpers=()
    expect_equal "delete --force" "$(cat "$work/lost" 2>/dev/null || true)" ''
    expect_nothing_left "$id"
}

run_cases ids modes_and_owners lies damage lock -- "$@"
