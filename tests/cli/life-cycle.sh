#!/usr/bin/env bash
# create, start, state, ps, list, kill, delete: what each does, and what it refuses (runtime.md).
source "$(dirname "$0")/lib.bash"

id=$prefix-life
new_bundle life "$(userns 0:100000:65536) | .process.args=[\"sleep\",\"1000\"] | .annotations={\"org.example.key\":\"value\"}" >/dev/null
status_of() { rt state "$1" | jq -r .status; }

# create makes everything but does not run the program.
expect_status 0 rt create -b "$work/life" --pid-file "$work/pid" "$id"
expect_equal "nothing is printed" "$out$err" ""
pid=$(<"$work/pid")
expect_equal "status" "$(status_of "$id")" created
expect_equal "pid of the pid file and of state" "$(rt state "$id" | jq .pid)" "$pid"
expect_equal "no program yet" "$(readlink "/proc/$pid/exe")" "$(readlink -f "$RT")"
expect_equal "annotation" "$(rt state "$id" | jq -r '.annotations["org.example.key"]')" value
expect_equal "bundle" "$(rt state "$id" | jq -r .bundle)" "$work/life"
# Descriptors of a created container: stdio and the start socket, nothing of the host.
expect_equal "descriptors of init" "$(ls "/proc/$pid/fd" | wc -l)" 4
expect_equal "socket" "$(readlink "/proc/$pid/fd/"* | grep -c socket)" 1
# While it waits it holds little of the program: code and constants come back from the page cache.
code_kept() {
    awk '/^[0-9a-f]+-/ { code = $2 ~ /^r-/ && $6 !~ /^\[|\/lib/ } code && /^Size:/ { all += $2 } code && /^Rss:/ { kept += $2 }
        END { print kept * 3 < all ? "little" : kept " of " all " kB" }' "/proc/$pid/smaps"
}
for ((tries = 0; tries < 50; tries++)); do [[ $(code_kept) != little ]] || break; sleep 0.1; done  # create need not wait for it
expect_equal "code in memory" "$(code_kept)" little
expect_status 1 rt create -b "$work/life" "$id"
expect_text "id in use" "$err" "container with given ID already exists"
expect_status 1 rt delete "$prefix-none"
expect_text "unknown id" "$err" "container does not exist"

# Changes of config.json after create have no effect; start runs the program.
change_config life '.process.args=["false"]'
expect_status 0 rt start "$id"
expect_equal "status" "$(status_of "$id")" running
expect_text "program" "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "sleep 1000"
expect_status 1 rt start "$id"
expect_text "start twice" "$err" "cannot start an already running container"
expect_equal "no effect" "$(status_of "$id")" running

# Outside it is an ordinary process of the mapped user.
expect_equal "owner outside" "$(stat -c %u "/proc/$pid")" 100000
expect_status 0 rt ps "$id"
expect_text "ps" "$out" "UID" "PID" "$pid" "sleep 1000"
expect_equal "ps lines" "$(wc -l <<<"$out")" 2
expect_equal "ps json" "$(rt ps -f json "$id" | jq -c .)" "[$pid]"
expect_text "list" "$(rt list)" "$id" "$pid" running
expect_equal "list -q" "$(rt list -q)" "$id"
expect_equal "list json" "$(rt list -f json | jq -r '.[0].id')" "$id"

# For everyone, without privileges; annotations stay private.
expect_status 0 setpriv --reuid 65534 --regid 65534 --clear-groups "$RT" --root "$state" list -q
expect_equal "list as nobody" "$out" "$id"
expect_status 0 setpriv --reuid 65534 --regid 65534 --clear-groups "$RT" --root "$state" ps "$id"
expect_text "ps as nobody" "$out" "sleep 1000"
expect_status 0 setpriv --reuid 65534 --regid 65534 --clear-groups "$RT" --root "$state" state "$id"
expect_equal "no annotations" "$(jq '.annotations // {} | length' <<<"$out")" 0
expect_status 1 setpriv --reuid 65534 --regid 65534 --clear-groups "$RT" --root "$state" kill "$id" KILL
expect_equal "still running" "$(status_of "$id")" running
expect_equal "modes" "$(stat -c '%a' "$state" "$state/$id" "$state/$id/state.json" "$state/$id/private.json" | tr '\n' ' ')" "755 755 644 600 "

# delete refuses what runs; kill, then delete.
expect_status 1 rt delete "$id"
expect_text "running" "$err" "cannot delete container $id that is not stopped: running"
expect_equal "untouched" "$(status_of "$id")" running
expect_status 1 rt kill "$id" NOSUCH
expect_equal "untouched" "$(status_of "$id")" running
expect_status 0 rt kill "$id" SIGKILL
for _ in $(seq 100); do [[ $(status_of "$id") == stopped ]] && break; sleep 0.05; done
expect_equal "status" "$(status_of "$id")" stopped
expect_equal "pid" "$(rt state "$id" | jq .pid)" 0
expect_status 0 rt ps "$id"
expect_equal "ps of a stopped one: header only" "$(wc -l <<<"$out")" 1
expect_status 1 rt kill "$id" TERM
expect_text "kill a stopped one" "$err" "container not running"
expect_status 1 rt start "$id"
expect_status 0 rt delete "$id"
expect_nothing_left "$id"
expect_status 1 rt state "$id"
expect_text "gone" "$err" "container does not exist"
expect_status 0 rt delete --force "$id"

# A created container can be killed and deleted; pid 1 reacts to TERM.
change_config life '.process.args=["sleep","1000"]'
expect_status 0 rt create -b "$work/life" "$id"
expect_status 0 rt kill "$id"
for _ in $(seq 100); do [[ $(status_of "$id") == stopped ]] && break; sleep 0.05; done
expect_equal "TERM ends a created container" "$(status_of "$id")" stopped
expect_status 0 rt delete "$id"
expect_status 0 rt create -b "$work/life" "$id"
expect_status 0 rt delete "$id"
expect_nothing_left "$id"
expect_status 0 rt run -d -b "$work/life" "$id"
expect_status 0 rt delete --force "$id"
expect_nothing_left "$id"

# Several at once.
expect_status 0 rt create -b "$work/life" "$id-1"
expect_status 0 rt create -b "$work/life" "$id-2"
expect_status 0 rt delete "$id-1" "$id-2"
expect_nothing_left "$id-1"
expect_nothing_left "$id-2"

# The exit status is the program's, 128 + n for a signal; 126 and 127 when it cannot be run.
exit_status() { change_config life ".process.args=$2"; expect_status "$1" rt run -b "$work/life" "$id"; expect_nothing_left "$id"; }
exit_status 0 '["true"]'
exit_status 3 '["sh","-c","exit 3"]'
exit_status 127 '["/no/such"]'
expect_text "missing" "$err" "exec /no/such: no such file or directory"
exit_status 127 '["nosuch"]'
expect_text "missing" "$err" 'executable file not found in $PATH'
exit_status 126 '["/etc/passwd"]'
expect_text "not executable" "$err" "exec /etc/passwd: permission denied"
exit_status 126 '["/etc"]'
expect_text "directory" "$err" "is a directory"

# --keep leaves the stopped container; run forwards signals.
change_config life '.process.args=["sh","-c","exit 7"]'
expect_status 7 rt run --keep -b "$work/life" "$id"
expect_equal "kept" "$(status_of "$id")" stopped
expect_status 0 rt delete "$id"
change_config life '.process.args=["sh","-c","trap \"exit 9\" TERM; echo up; while :; do sleep 0.1; done"]'
"$RT" --root "$state" run -b "$work/life" "$id" >"$work/up" &
runner=$!
for _ in $(seq 100); do grep -q up "$work/up" && break; sleep 0.05; done
kill -TERM $runner
status=0; wait $runner || status=$?
expect_equal "forwarded TERM" "$status" 9
expect_nothing_left "$id"
change_config life '.process.args=["sh","-c","echo up; exec sleep 1000"]'
"$RT" --root "$state" run -b "$work/life" "$id" >"$work/up" &
runner=$!
for _ in $(seq 100); do grep -q up "$work/up" && break; sleep 0.05; done
rt kill "$id" KILL
status=0; wait $runner || status=$?
expect_equal "killed by signal 9" "$status" 137
expect_nothing_left "$id"

# No process in the config: create works, start is an error.
change_config life 'del(.process)'
expect_status 0 rt create -b "$work/life" "$id"
expect_status 1 rt start "$id"
expect_text "no process" "$err" "/process"
expect_status 0 rt delete --force "$id"
expect_nothing_left "$id"

# Bundles and configs that cannot be read.
expect_status 125 rt run -b "$work/nowhere" "$id"
expect_text "no bundle" "$err" "$work/nowhere" "no such file or directory"
mkdir "$work/empty"
expect_status 125 rt run -b "$work/empty" "$id"
expect_text "no config" "$err" "$work/empty/config.json" "rt spec"

# Every operation needs an id, and one that exists; create needs a new one (runtime.md "Operations"). Nothing is made or changed.
new_bundle steps '.process.args=["sh","-c","trap \"echo got\" USR1; echo up; while :; do sleep 0.1; done"]' >/dev/null
for operation in state start kill delete create; do
    expect_status 1 rt $operation
    expect_text "$operation without id" "$err" "CONTAINER-ID"
done
for operation in state start kill delete; do
    expect_status 1 rt $operation "$prefix-unknown"
    expect_text "$operation of an unknown one" "$err" "$prefix-unknown" "container does not exist"
done
expect_status 1 rt create -b "$work/nowhere" "$id"
expect_text "create without bundle" "$err" "$work/nowhere"
expect_nothing_left "$id"
long=$(printf 'a%.0s' $(seq 256))
expect_status 1 rt create -b "$work/steps" "$long"
expect_text "an id longer than a file name" "$err" "longer than 255 bytes"
expect_equal "nothing is made" "$(ls "$state")" ""
expect_status 0 rt create -b "$work/steps" "${long%a}"
expect_equal "the longest id" "$(status_of "${long%a}")" created
expect_status 0 rt delete "${long%a}"

# A used id: the container that has it stays as it is.
"$RT" --root "$state" run -d -b "$work/steps" "$id" >"$work/up"
for _ in $(seq 100); do grep -q up "$work/up" && break; sleep 0.05; done
before=$(rt state "$id")
expect_status 1 rt create -b "$work/life" "$id"
expect_text "create with a used id" "$err" "container with given ID already exists"
expect_status 1 rt start "$id"
expect_status 1 rt delete "$id"
expect_equal "it is as before" "$(rt state "$id")" "$before"

# kill sends exactly that signal, by each way to write it.
for signal in USR1 SIGUSR1 10; do
    expect_status 0 rt kill "$id" $signal
    for _ in $(seq 100); do [[ $(grep -c got "$work/up") == 1 ]] && break; sleep 0.05; done
    expect_equal "signal $signal" "$(grep -c got "$work/up")" 1
    : >"$work/up"
done
for signal in 0; do expect_status 0 rt kill "$id" $signal; done
for signal in 65 -1 SIGNONE ''; do
    expect_status 1 rt kill "$id" -- "$signal"
    expect_text "signal '$signal'" "$err" "there is no such signal"
done
expect_equal "still running" "$(status_of "$id")" running
expect_status 0 rt kill "$id" KILL
for _ in $(seq 100); do [[ $(status_of "$id") == stopped ]] && break; sleep 0.05; done
stopped=$(rt state "$id")
expect_status 1 rt start "$id"
expect_text "start of a stopped one" "$err" "stopped" "only a created container"
expect_status 1 rt kill "$id" KILL
expect_text "kill of a stopped one" "$err" "container not running"
expect_status 1 rt create -b "$work/steps" "$id"
expect_text "the id of a stopped one is in use" "$err" "container with given ID already exists"
expect_equal "it is as before" "$(rt state "$id")" "$stopped"

# Of several, one that cannot be deleted does not keep the others; an id that was deleted can be used again.
expect_status 0 rt create -b "$work/steps" "$id-1"
expect_status 1 rt delete "$id" "$prefix-unknown" "$id-1"
expect_text "the unknown one" "$err" "$prefix-unknown" "container does not exist"
expect_nothing_left "$id"
expect_nothing_left "$id-1"
expect_status 0 rt create -b "$work/steps" "$id"

# After create neither config.json nor its bundle is needed.
rm -r "$work/steps"
expect_status 0 rt start "$id"
expect_equal "without its bundle" "$(status_of "$id")" running
expect_status 0 rt delete --force "$id"
expect_nothing_left "$id"

# A Linux section is optional: a container in the namespaces of rt, with nothing mounted.
new_bundle bare 'del(.linux, .hostname) | .mounts=[] | .root.readonly=false | .process.args=["sh","-c","exit 6"]' >/dev/null
expect_status 6 rt run -b "$work/bare" "$id"
expect_nothing_left "$id"

finish
