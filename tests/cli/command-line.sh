#!/usr/bin/env bash
# Words, options, formats, and what is said about wrong ones.
source "$(dirname "$0")/lib.bash"

expect_status 0 "$RT"
expect_text "bare rt" "$out" "Usage: rt" "run" "delete"
expect_status 0 "$RT" --version
expect_text "version" "$out" "rt version " "commit: " "spec: 1." "libseccomp: "
expect_equal "first line" "$(head -n1 <<<"$out" | cut -d' ' -f1-2)" "rt version"
expect_status 1 "$RT" statt
expect_text "unknown command" "$err" "statt" "did you mean 'start'" "rt --help"
expect_status 1 "$RT" list --formt json
expect_text "unknown option" "$err" "--formt" "did you mean '--format'" "rt list --help"
expect_status 1 rt list --format yaml
expect_text "unknown format" "$err" "yaml" "table and json"
expect_status 1 "$RT" start
expect_text "missing word" "$err" "CONTAINER-ID" "rt start --help"
expect_status 1 "$RT" start a b
expect_text "surplus word" "$err" "'b'"
expect_status 125 "$RT" run
expect_text "run without id" "$err" "CONTAINER-ID"
expect_status 1 "$RT" --log-format xml list
expect_text "log format" "$err" "--log-format" "'xml'" "text, json"
expect_status 1 "$RT" --log-level loud list
expect_text "log level" "$err" "--log-level" "'loud'" "error, warning, debug"
expect_status 1 "$RT" --rootless=maybe list
expect_text "rootless" "$err" "--rootless" "'maybe'" "auto, true, false"
expect_status 1 rt kill none NOSUCH
expect_text "signal" "$err" "NOSUCH" "kill -l"

# What runc and crun take is understood: each option with its value as a word of its own and behind '=', before the id and
# after it.
understood() {  # COMMAND OPTION...: those with a value end with '='
    local command=$1 option before=() after=()
    shift
    for option in "$@"; do
        if [[ $option == *= ]]; then
            before+=("${option%=}" 1) after+=("${option}1")
        else
            before+=("$option") after+=("$option")
        fi
    done
    expect_status 0 "$RT" "$command" "${before[@]}" --help
    expect_status 0 "$RT" "$command" "${after[@]}" an-id --help
    if [[ $command != exec ]]; then expect_status 0 "$RT" "$command" an-id "${before[@]}" --help; fi
}
creation=(-b= --bundle= -f= --config= --console-socket= --pidfd-socket= --pid-file= --no-pivot --preserve-fds= --no-new-keyring
    --no-subreaper)
understood create "${creation[@]}"
understood run "${creation[@]}" -d --detach --keep
understood exec -t --tty -d --detach -p= --process= --console-socket= --pidfd-socket= --pid-file= -u= --user= -g= \
    --additional-gids= --cwd= -e= --env= -c= --cap= --preserve-fds= --cgroup= --ignore-paused --apparmor= --process-label= \
    --no-new-privs
understood kill -a --all --regex
understood delete -f --force --regex
understood list -q --quiet -f= --format=
understood ps --format=
understood events --stats --interval=
understood update -r= --resources= --memory= --memory-reservation= --memory-swap= --pids-limit= --cpu-period= --cpu-quota= \
    --cpu-burst= --cpu-share= --cpu-rt-period= --cpu-rt-runtime= --cpuset-cpus= --cpuset-mems= --cpu-idle= --blkio-weight=
understood spec -b= --bundle= --rootless
for command in start state pause resume features; do understood "$command"; done
# What rt has not is refused as such, whatever stands around it: engines ask by --help, and act on the status.
checkpoint=(--image-path=I --work-path=W --parent-path=P --pre-dump --lazy-pages --page-server=H:1 --status-fd=3
    --manage-cgroups-mode=soft --leave-running --tcp-established --ext-unix-sk --shell-job --file-locks --empty-ns=network --auto-dedup)
restore=("${checkpoint[@]}" -d -b B --console-socket=S --pid-file=F --lsm-profile=L --lsm-mount-context=C)
for words in "checkpoint --help" "restore --help" "checkpoint ${checkpoint[*]} an-id" "checkpoint an-id ${checkpoint[*]//=/ }" \
    "restore ${restore[*]} an-id" "restore an-id ${restore[*]//=/ }"; do
    # shellcheck disable=SC2086  # several words
    expect_status 1 "$RT" $words
    expect_equal "$words" "${err%%$'\n'*}" "rt: cannot understand '${words%% *}': rt cannot checkpoint or restore a container"
done
global=(--root "$work/none" --log "$work/log.global" --log-format json --log-level debug --rootless auto --cgroup-manager cgroupfs)
expect_status 0 "$RT" "${global[@]}" --debug --systemd-cgroup features
expect_status 0 "$RT" --root="$work/none" --log="$work/log.global" --log-format=text --log-level=error --rootless=true \
    --cgroup-manager=disabled features

# ids
new_bundle ids >/dev/null
for bad in '' . .. a/b ../x -x "$(printf 'a%.0s' $(seq 1025))" 'a b' $'a\nb'; do
    expect_status 125 rt run -b "$work/ids" -- "$bad"
    expect_text "id '$bad'" "$err" "container id"
done
[[ ! -e $work/x ]] || fail "an id led out of the root"

# spec
mkdir "$work/spec"
expect_status 0 rt spec -b "$work/spec"
jq -e '.ociVersion and .process.terminal and .root.readonly' "$work/spec/config.json" >/dev/null || fail "the default config"
cp "$work/spec/config.json" "$work/before"
expect_status 1 rt spec --bundle="$work/spec"
expect_text "not overwritten" "$err" "config.json" "exists"
cmp -s "$work/before" "$work/spec/config.json" || fail "config.json was changed"

# list and features
expect_status 1 rt list
expect_text "given root is missing" "$err" "$state" "no such file or directory"
[[ ! -e $state ]] || fail "list made the root"
mkdir "$state"
expect_status 0 rt list
expect_equal "empty list" "$(tr -s ' ' <<<"$out")" "ID PID STATUS BUNDLE CREATED OWNER"
expect_equal "empty list as json" "$(rt list -f json)" "[]"
expect_status 0 rt features
jq -e '.ociVersionMin == "1.0.0" and (.mountOptions | index("rro")) and (.linux.namespaces | length == 8)' <<<"$out" >/dev/null || fail "features: $out"

# Options after the id, and both spellings.
new_bundle opts >/dev/null
expect_status 0 rt create "$prefix-o" --bundle "$work/opts" "--pid-file=$work/pid"
expect_equal "pid file without newline" "$(wc -l <"$work/pid")" 0
expect_status 0 rt ps "$prefix-o" -f json
expect_equal "ps json" "$(jq -c . <<<"$out")" "[$(<"$work/pid")]"
expect_status 0 rt ps "$prefix-o" -eo pid,args
expect_text "ps options" "$out" "PID" "COMMAND" "$(<"$work/pid")"
expect_status 0 rt delete -f "$prefix-o"
expect_status 0 rt delete -f "$prefix-o"
expect_nothing_left "$prefix-o"

# A config.json that is called otherwise, from the working directory.
new_bundle other '.process.args=["echo","from the bundle"]' >/dev/null
jq '.process.args=["echo","from the other file"]' "$work/other/config.json" >"$work/web.json"
for spelling in "-f web.json" "--config web.json" "--config=$work/web.json"; do
    # shellcheck disable=SC2086  # two words
    expect_status 0 env -C "$work" "$RT" --root "$state" run --no-subreaper -b other $spelling --pid-file other.pid "$prefix-other"
    expect_equal "$spelling" "$out" "from the other file"
done
[[ -s $work/other.pid && ! -e $work/other/other.pid ]] || fail "a pid file is written to the working directory"
expect_status 125 rt run -b "$work/other" --config "$work/none.json" "$prefix-other"
expect_text "no such file" "$err" "$work/none.json" "no such file or directory"

# Several at once, by a regular expression: those in whose ids it is found.
sleeper='.process.args=["sleep","100"]'
new_bundle many "$sleeper" >/dev/null
for id in web1 web22 db1; do expect_status 0 rt run -d -b "$work/many" "$prefix-$id"; done
expect_status 0 rt kill --regex "^$prefix-web[0-9]+\$" 0
expect_status 0 rt delete --force --regex "^$prefix-web"
expect_equal "those that are left" "$(rt list -q)" "$prefix-db1"
expect_status 1 rt delete --regex "$prefix"
expect_text "one that runs" "$err" "that is not stopped: running"
expect_status 1 rt delete --force --regex '(web'
expect_text "a wrong expression" "$err" "regular expression '(web'"
expect_status 0 rt kill --regex "no-such-one" KILL
expect_status 0 rt delete --regex "no-such-one"
expect_status 0 rt kill --regex "$prefix-db1" KILL
expect_status 0 rt delete --force --regex "$prefix-d.1" "$prefix-db1"
for id in web1 web22 db1; do expect_nothing_left "$prefix-$id"; done

# Whose state it is: of an ordinary user, or of root.
mkdir -p "$work/runtime-dir/rt"
new_bundle whose "$sleeper" >/dev/null
export XDG_RUNTIME_DIR=$work/runtime-dir
expect_status 0 "$RT" --rootless true run -d -b "$work/whose" "$prefix-whose"
[[ -d $work/runtime-dir/rt/$prefix-whose ]] || fail "--rootless true: the state is not in XDG_RUNTIME_DIR"
expect_status 1 "$RT" --rootless false state "$prefix-whose"
expect_status 1 "$RT" state "$prefix-whose"
expect_status 1 "$RT" --rootless=auto state "$prefix-whose"
expect_status 0 "$RT" --rootless true delete --force "$prefix-whose"
expect_nothing_left "$prefix-whose"
unset XDG_RUNTIME_DIR

# Warnings are left out when only errors are asked for.
new_bundle warned '.strange=1 | .linux.uidMappings=[{containerID:0,hostID:1000,size:1}]' >/dev/null
expect_status 0 rt run -b "$work/warned" "$prefix-warned"
expect_text "a warning" "$err" "rt: warning: "
expect_status 0 rt --log-level error run -b "$work/warned" "$prefix-warned"
expect_equal "no warning" "$err" ""
expect_status 0 rt --log "$work/debug" --log-level=debug run -b "$work/warned" "$prefix-warned"
expect_text "debug lines" "$(<"$work/debug")" "level=debug" "level=warning"

# The log: a file gets the line, standard error a last plain one; JSON has the parts.
expect_status 1 rt --log "$work/log" --log-format=json start "$prefix-none"
expect_equal "json line" "$(jq -r '[.level, .object, .reason] | join(" ")' "$work/log")" "error $prefix-none container does not exist"
expect_text "standard error" "$err" "rt: cannot start '$prefix-none': container does not exist"
expect_status 1 rt --log-format json start "$prefix-none"
jq -e '.level == "error" and .msg and .time and .hint' <<<"$err" >/dev/null || fail "json on stderr: $err"
expect_status 1 rt --log "$work/text" start "$prefix-none"
expect_text "text line" "$(<"$work/text")" 'level=error msg="' 'time="'

# Closed standard streams, an odd umask, ignored and blocked signals of the caller reach nobody.
new_bundle odd '.process.args=["sh","-c","umask; grep -E \"^Sig(Blk|Ign|Cgt)\" /proc/self/status; ls /proc/self/fd | wc -l"]' >/dev/null
out=$(umask 077; trap '' HUP USR1; "$RT" --root "$state" run -b "$work/odd" "$prefix-odd" 2>&1)
expect_text "signals" "$out" $'SigBlk:\t0000000000000000' $'SigIgn:\t0000000000000000'
expect_status 0 bash -c "exec '$RT' --root '$state' run -b '$work/opts' '$prefix-closed' <&- >&- 2>&-"
expect_nothing_left "$prefix-closed"

finish
