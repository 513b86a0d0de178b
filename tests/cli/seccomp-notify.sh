#!/usr/bin/env bash
# SCMP_ACT_NOTIFY: what the seccomp agent gets (config-linux.md "The Container Process State", A20, C15), that the start
# never waits for itself, whatever the agent is asked about, and an agent that is not there, not any more, or does not answer.
source "$(dirname "$0")/lib.bash"
source "$(dirname "$0")/seccomp.bash"

agent_pid=
socket=$work/agent
metadata='MKNOD=/dev/null,"quoted"'

start_agent() {  # MODE: listens at $socket, writes to $work/agent.*
    rm -f "$socket" "$work"/agent.*
    touch "$work/agent.ready"
    "$SOURCE_DIR/tests/cli/seccomp-agent" "$socket" "$work/agent" "$1" >"$work/agent.ready" 2>"$work/agent.errors" &
    agent_pid=$!
    until grep -q ready "$work/agent.ready"; do
        kill -0 "$agent_pid" 2>/dev/null || { cat "$work/agent.errors"; exit 1; }
        sleep 0.02
    done
}
end_agent() {  # it ends by itself when the last process under the filter has
    wait "$agent_pid" || fail "the agent failed: $(<"$work/agent.errors")"
    agent_pid=
}
trap '[[ -z $agent_pid ]] || kill "$agent_pid"; cleanup' EXIT

notify() {  # NAMES [KEY VALUE]...: the agent is asked about these
    local names=$1
    shift
    filter SCMP_ACT_ALLOW "{names:[$names],action:\"SCMP_ACT_NOTIFY\"}" \
        listenerPath "\"$socket\"" listenerMetadata "$(jq -n --arg m "$metadata" '$m')" "$@"
}
asked_about() { grep -qx "$("$system_call" --number "$1" 2>/dev/null)" "$work/agent.calls"; }

# What the agent decides is what the program sees; what it was told is right.
for kind in "${kinds[@]}"; do
    start_agent answer
    rm -rf "$work/told"
    new_bundle told "$(kind "$kind") | $(notify '"mkdirat"') | .annotations={\"org.example\":\"value\"} | $(call mkdirat)" >/dev/null
    expect_status 0 rt create -b "$work/told" --pid-file "$work/pid" "$prefix-told"
    checks=$((checks + 1))
    [[ ! -e $work/agent.state ]] || fail "the agent was told before there was a filter"
    # A created container holds the two sockets it waits with: that of start, and that of the agent; soon after create has ended.
    for _ in {1..100}; do
        sockets=$(readlink "/proc/$(<"$work/pid")/fd/"* | grep -c socket)
        ((sockets != 2)) || break
        sleep 0.05
    done
    expect_equal "sockets" "$sockets" 2
    expect_status 0 rt start "$prefix-told"
    end_agent
    expect_equal "answer" "$(asked_about mkdirat && echo asked)" asked
    expect_equal "state" "$(jq -c . "$work/agent.state")" "$(jq -nc --arg id "$prefix-told" --arg bundle "$work/told" --arg metadata "$metadata" --argjson pid "$(<"$work/pid")" --arg version "$(jq -r .ociVersion "$work/told/config.json")" \
        '{ociVersion:$version,fds:["seccompFd"],pid:$pid,metadata:$metadata,state:{ociVersion:$version,id:$id,pid:$pid,status:"created",bundle:$bundle,annotations:{"org.example":"value"}}}')"
    expect_equal "descriptors, in the first message and later" "$(<"$work/agent.fds")" "1 0"
    expect_status 0 rt delete "$prefix-told"
    expect_nothing_left "$prefix-told"
    start_agent answer
    inside seen "$(kind "$kind") | $(notify '"mkdirat"') | $(call mkdirat)" 0 "errno 18"
    end_agent
done

# The listener is the agent's alone; by default metadata is left out.
start_agent continue
inside descriptors "$(notify '"mkdirat"' listenerMetadata '""') | .process.args=[\"sh\",\"-c\",\"ls -l /proc/self/fd | grep -c -e socket -e seccomp; ls /proc/self/fd | wc -l\"]" 0 $'0\n4'
end_agent
expect_equal "metadata" "$(jq -c 'has("metadata")' "$work/agent.state")" false
expect_equal "threads" "$(wc -l <"$work/agent.calls")" 0

# No wait for oneself: the agent is asked about all that stands between the filter and the program, then about everything.
for kind in "${kinds[@]}"; do
    start_agent continue
    inside between "$(kind "$kind") | $(notify '"sendmsg","execve","openat","read","write","close","fcntl","futex","exit","exit_group","nanosleep","clock_nanosleep","mmap","munmap","brk","capset","sendto","sched_setscheduler","rt_sigreturn"') | $(call getpid)" 0 "ok 1"
    end_agent
    expect_equal "asked" "$(asked_about write && echo asked)" asked
    start_agent continue
    inside everything "$(kind "$kind") | $(notify '"x"' defaultAction '"SCMP_ACT_NOTIFY"') | $(call getpid)" 0 "ok 1"
    end_agent
done
for flags in '[]' '["SECCOMP_FILTER_FLAG_TSYNC"]' '["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV","SECCOMP_FILTER_FLAG_LOG"]'; do
    [[ $flags != *KILLABLE* || $("$RT" features | jq '.linux.seccomp.supportedFlags | index("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV")') != null ]] || continue
    start_agent continue
    inside flags "$(notify '"execve","write"' flags "$flags") | $(call getpid)" 0 "ok 1"
    end_agent
done

# Other actions beside it: what the filter forbids is no obstacle to telling the agent.
start_agent continue
inside beside "$(notify '"mkdirat"') | .linux.seccomp.syscalls += [{names:[\"sendmsg\",\"close\",\"futex\",\"nanosleep\",\"clock_nanosleep\",\"sched_setscheduler\"],action:\"SCMP_ACT_KILL_PROCESS\"}] | $(call mkdirat)" 0 "errno 14"
end_agent

# A real-time policy on a single processor, where nobody runs beside the one who waits.
if chrt -f 1 true 2>/dev/null; then
    start_agent continue
    inside real-time "$(notify '"execve"') | .process.scheduler={policy:\"SCHED_FIFO\",priority:1} | .linux.resources.cpu={cpus:\"0\",mems:\"0\",realtimeRuntime:100000,realtimePeriod:1000000} | $(call getpid)" 0 "ok 1"
    end_agent
else
    echo "not checked: real-time policies, which this machine does not allow"
fi

# The path may be longer than an address of a socket holds, and the text longer than a socket.
long=$work/$(printf 'd%.0s' {1..100})/$(printf 'e%.0s' {1..100})
mkdir -p "$long"
socket=$long/agent
start_agent continue
printf 'x%.0s' {1..300000} >"$work/long-text"
new_bundle long "$(notify '"execve"') | $(call getpid)" >/dev/null
jq --rawfile text "$work/long-text" '.annotations={long:$text}' "$work/long/config.json" >"$work/long/new"
mv "$work/long/new" "$work/long/config.json"
expect_status 0 rt run -b "$work/long" "$prefix-long"
end_agent
expect_equal "long text" "$(jq -r .state.annotations.long "$work/agent.state" | wc -c)" 300001
expect_equal "descriptors, in the first message and later" "$(<"$work/agent.fds")" "1 0"
socket=$work/agent

# exec: the further process has a filter and a listener of its own, and the agent is told of it.
for kind in host "user nnp"; do
    rm -rf "$work/further"
    start_agent continue
    init_agent=$agent_pid
    new_bundle further "$(kind "$kind") | $(notify '"mkdirat"') | .process.args=[\"sleep\",\"300\"]" >/dev/null
    expect_status 0 rt run -d -b "$work/further" --pid-file "$work/pid" "$prefix-further"
    start_agent answer
    expect_status 0 rt exec --pid-file "$work/exec-pid" "$prefix-further" system_call mkdirat
    end_agent
    expect_text "answer for exec" "$out" "errno 18"
    expect_equal "state for exec" "$(jq -c '[.pid, .state.pid, .state.status, .state.id, .fds, .metadata]' "$work/agent.state")" \
        "$(jq -nc --arg id "$prefix-further" --arg metadata "$metadata" --argjson pid "$(<"$work/exec-pid")" --argjson init "$(<"$work/pid")" '[$pid, $init, "running", $id, ["seccompFd"], $metadata]')"
    expect_status 0 rt delete --force "$prefix-further"
    agent_pid=$init_agent
    end_agent
    expect_nothing_left "$prefix-further"
done

# The agent ends: calls that nobody decides are not there (seccomp_unotify(2)).
start_agent leave
rm -rf "$work/left"
new_bundle left "$(notify '"mkdirat"') | .process.args=[\"sh\",\"-c\",\"until [ -e /dev/shm/go ]; do sleep 0.05; done; system_call mkdirat\"] | .mounts |= map(if .destination == \"/dev/shm\" then {destination:\"/dev/shm\",type:\"bind\",source:\"$work/shm\",options:[\"bind\"]} else . end)" >/dev/null
mkdir "$work/shm"
rt run -b "$work/left" "$prefix-left" >"$work/left.out" 2>&1 </dev/null &
run=$!
end_agent
touch "$work/shm/go"
wait "$run" || fail "a container whose agent left: status $?"
expect_equal "without the agent" "$(<"$work/left.out")" "errno 38"
expect_nothing_left "$prefix-left"

# An agent that never answers: the program does not start, and who ends rt does not wait for it.
start_agent mute
new_bundle mute "$(notify '"execve"')" >/dev/null
"$RT" --root "$state" run -b "$work/mute" "$prefix-mute" >"$work/out" 2>&1 </dev/null &
run=$!
for _ in {1..400}; do [[ ! -s $work/agent.calls ]] || break; sleep 0.05; done  # execve
kill -TERM "$run"
status=0
for _ in {1..400}; do kill -0 "$run" 2>/dev/null || break; sleep 0.05; done
checks=$((checks + 1))
kill -0 "$run" 2>/dev/null && { fail "TERM does not end a run whose agent does not answer"; kill -KILL "$agent_pid"; agent_pid=; }
wait "$run" || status=$?
expect_equal "status after TERM" "$status" 125
[[ -z $agent_pid ]] || end_agent
expect_nothing_left "$prefix-mute"

# No agent: create says so, and nothing is left.
absent() {  # FRAGMENT...
    rm -rf "$work/absent"
    new_bundle absent "$(notify '"mkdirat"')" >/dev/null
    expect_status 1 rt create -b "$work/absent" "$prefix-absent"
    expect_text "absent agent" "$err" "$socket" "seccomp agent" "$@"
    expect_status 125 rt run -b "$work/absent" "$prefix-absent"
    expect_nothing_left "$prefix-absent"
}
rm -f "$socket"
absent "no such file or directory"
touch "$socket"
absent "connection refused"
rm "$socket"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind(sys.argv[1])' "$socket"
absent "SOCK_STREAM"
rm "$socket"
python3 -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()' "$socket"  # ended again
absent "connection refused"

# An agent that hangs up before it is told: the program does not run (A20).
for names in '"mkdirat"' '"write","execve","exit_group","sendmsg"'; do
    start_agent hang-up
    rm -rf "$work/gone"
    new_bundle gone "$(notify "$names") | .process.args=[\"touch\",\"/dev/shm/ran\"] | .mounts |= map(if .destination == \"/dev/shm\" then {destination:\"/dev/shm\",type:\"bind\",source:\"$work/shm\",options:[\"bind\"]} else . end)" >/dev/null
    expect_status 0 rt create -b "$work/gone" "$prefix-gone"
    end_agent
    expect_status 1 rt start "$prefix-gone"
    expect_text "lost agent" "$err" "seccomp agent" "EPIPE"
    expect_equal "status" "$(rt state "$prefix-gone" | jq -r .status)" stopped
    checks=$((checks + 1))
    [[ ! -e $work/shm/ran ]] || fail "the program ran without its agent"
    expect_status 0 rt delete "$prefix-gone"
    start_agent hang-up
    expect_status 125 rt run -b "$work/gone" "$prefix-gone"
    end_agent
    expect_nothing_left "$prefix-gone"
done

finish
