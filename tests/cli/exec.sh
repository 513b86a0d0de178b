#!/usr/bin/env bash
# exec: a further program runs where and as the container's own does, and what the options and the process file change; with
# and without a user namespace.
source "$(dirname "$0")/lib.bash"

id=$prefix-exec
status_lines='grep -E "^(Cap|NoNewPrivs|Seccomp:|Groups)" /proc/self/status'
start() {  # FILTER: a container that sleeps
    rt delete --force "$id" 2>/dev/null
    rm -rf "$work/box"
    new_bundle box "$1 | .process.args=[\"sleep\",\"1000\"]" >/dev/null
    expect_status 0 rt run -d -b "$work/box" "$id"
    init=$(rt state "$id" | jq .pid)
}
process() { jq -c ".process | .args=[\"sh\",\"-c\",\"$2\"] | $1" "$work/box/config.json" >"$work/process.json"; }

for variant in host user; do
    maps=.
    [[ $variant == user ]] && maps=$(userns 0:100000:65536)
    start "$maps | .linux.namespaces += [{type:\"time\"}] | .linux.timeOffsets={boottime:{secs:1000000}} | .process.env += [\"A=1\"] | .process.user.umask=23"

    # In the namespaces, the root, the cgroups and with the attributes of the first process.
    for type in user pid mnt net ipc uts cgroup time; do
        expect_status 0 rt exec "$id" readlink "/proc/self/ns/$type"
        expect_equal "$variant: $type namespace" "$out" "$(readlink "/proc/$init/ns/$type")"
    done
    expect_status 0 rt exec "$id" cat /proc/self/cgroup
    expect_equal "$variant: cgroups" "$out" "$(rt exec "$id" cat /proc/1/cgroup)"
    expect_status 0 rt exec "$id" cat /proc/uptime
    ((${out%%.*} >= 1000000)) || fail "$variant: the clocks are those of the host: $out"
    expect_status 0 rt exec "$id" sh -c "$status_lines; umask; echo \$A \$HOME; pwd; ls /proc/self/fd"
    expect_equal "$variant: attributes" "$(head -n 8 <<<"$out")" "$(grep -E '^(Cap|NoNewPrivs|Seccomp:|Groups)' "/proc/$init/status")"
    expect_text "$variant: attributes" "$out" $'\n0027\n1 /root\n/\n0\n1\n2\n3'
    expect_status 0 rt exec "$id" sh -c 'cut -d " " -f 5,6,7,8 /proc/self/stat | head -c 200; echo $$; cat /proc/self/oom_score_adj'
    # Each is a session of its own, without a terminal, and the masks are there once.
    expect_text "$variant: session" "$out" " 0 -1"
    expect_equal "$variant: masks once" "$(rt exec "$id" cut -d ' ' -f 5 /proc/self/mountinfo | sort | uniq -d)" ""

    # Exit statuses and messages.
    for status in 0 1 7 125 255; do expect_status "$status" rt exec "$id" sh -c "exit $status"; done
    expect_status 143 rt exec "$id" sh -c 'kill -TERM $$'
    expect_status 137 rt exec "$id" sh -c 'kill -KILL $$'
    expect_status 127 rt exec "$id" nosuch
    expect_text "$variant: missing" "$err" "exec in container $id" 'executable file not found in $PATH'
    expect_status 127 rt exec "$id" /nosuch
    expect_text "$variant: missing path" "$err" "exec /nosuch: no such file or directory"
    expect_status 126 rt exec "$id" /etc/passwd
    expect_text "$variant: not executable" "$err" "exec /etc/passwd: permission denied"
    expect_status 126 rt exec "$id" /etc
    expect_text "$variant: directory" "$err" "exec /etc" "is a directory"
    for options in --detach "--detach --pid-file $work/no.pid"; do
        expect_status 127 rt exec $options "$id" nosuch
        [[ ! -e $work/no.pid ]] || fail "$variant: a pid file of nothing"
    done
    expect_status 125 rt exec nosuch true
    expect_text "$variant: no container" "$err" "container does not exist"
    expect_status 125 rt exec "$id"
    expect_text "$variant: no program" "$err" "no program is given" "--process"

    # Words after the program are its own; options may stand before or after the id.
    expect_status 0 rt exec "$id" -e B=2 sh -c 'echo $0 $1 $B' -t -e
    expect_equal "$variant: words" "$out" "-t -e 2"
    expect_status 0 rt exec --env B=2 "$id" -- sh -c 'echo $B'
    expect_equal "$variant: --" "$out" 2
    expect_status 0 rt exec -e A=2 --env=A=3 -e 'B=x=y' -e HOME=/h "$id" env
    expect_equal "$variant: environment" "$(sort <<<"$out" | grep -v PATH)" $'A=3\nB=x=y\nHOME=/h\nTERM=xterm'
    for word in A =x ''; do
        expect_status 125 rt exec -e "$word" "$id" true
        expect_text "$variant: --env '$word'" "$err" --env NAME=VALUE
    done

    # Standard input reaches it.
    checks=$((checks + 1))
    [[ $(echo hello | rt exec "$id" cat) == hello ]] || fail "$variant: standard input"

    # The working directory: it must be there, and inside (CVE-2024-21626).
    expect_status 0 rt exec --cwd /etc "$id" pwd
    expect_equal "$variant: cwd" "$out" /etc
    expect_status 125 rt exec --cwd /made/for/me "$id" pwd
    expect_text "$variant: missing cwd" "$err" "working directory" /made/for/me "no such file or directory"
    [[ ! -e $work/rootfs/made ]] || fail "$variant: exec made a directory"
    expect_status 125 rt exec --cwd etc "$id" pwd
    expect_text "$variant: relative cwd" "$err" --cwd absolute
    for n in $(seq 3 16); do
        expect_status 125 bash -c "exec 3</ 4</ 5</etc 6</ 7</ 8</ 9</ 10</; exec '$RT' --root '$state' exec --cwd /proc/self/fd/$n '$id' pwd"
        expect_text "$variant: cwd in descriptor $n" "$err" "working directory"
    done

    # Capabilities (bits of capabilities(7): KILL 5, NET_BIND_SERVICE 10, NET_RAW 13, AUDIT_WRITE 29): never inheritable.
    expect_status 0 rt exec -c CAP_NET_RAW "$id" grep ^Cap /proc/self/status
    expect_equal "$variant: --cap" "$out" $'CapInh:\t0000000000000000\nCapPrm:\t0000000020002420\nCapEff:\t0000000020002420\nCapBnd:\t0000000020002420\nCapAmb:\t0000000000000000'
    expect_status 0 rt exec -c CAP_NOSUCH "$id" true
    expect_text "$variant: unknown capability" "$err" warning CAP_NOSUCH

    # A process file: its environment only; what it leaves open is as in config.json.
    process '.env=["PATH=/bin","C=3"] | .cwd="/etc" | .user={uid:5,gid:6,additionalGids:[7,8]} | .noNewPrivileges=false | .capabilities={bounding:["CAP_KILL"]} | del(.oomScoreAdj)' \
        'env | sort; pwd; id -u; id -G; umask; grep -e NoNew -e CapBnd /proc/self/status'
    expect_status 0 rt exec --process "$work/process.json" "$id"
    expect_text "$variant: process file" "$out" "C=3" "HOME=/" "PATH=/bin" $'/etc\n5\n6 7 8\n0027' $'CapBnd:\t0000000000000020\nNoNewPrivs:\t0'
    [[ $out != *A=1* ]] || fail "$variant: the environment of config.json stands in: $out"
    checks=$((checks + 1))
    [[ $(rt exec -p - "$id" <"$work/process.json") == "$out" ]] || fail "$variant: a process file on standard input"
    checks=$((checks + 1))
    [[ $(rt exec -p /dev/fd/9 "$id" 9<"$work/process.json") == "$out" ]] || fail "$variant: a process file of a descriptor"
    expect_status 0 rt exec -p "$work/process.json" -u 9 -e C=4 --cwd / "$id" sh -c 'echo $C; id -u; pwd'
    expect_equal "$variant: options before the file" "$out" $'4\n9\n/'
    process '.rlimits=[{type:"RLIMIT_NOFILE",soft:33,hard:44}] | .oomScoreAdj=77 | .user.umask=0' 'ulimit -Sn; ulimit -Hn; cat /proc/self/oom_score_adj; umask'
    expect_status 0 rt exec -p "$work/process.json" "$id"
    expect_equal "$variant: limits" "$out" $'33\n44\n77\n0000'
    for wrong in 'del(.args)' '.args=[]' 'del(.cwd)' '.cwd="x"' 'del(.user)' '.user.uid="0"' '.user.uid=-1' '.user.uid=4294967296' '.user.uid=1.5' '.rlimits=[{type:"RLIMIT_FOO",soft:1,hard:1}]'; do
        process "$wrong" true
        [[ $wrong != *args* ]] || jq ".process | $wrong" "$work/box/config.json" >"$work/process.json"
        expect_status 125 rt exec -p "$work/process.json" "$id"
    done
    echo '{"args": [' >"$work/process.json"
    expect_status 125 rt exec -p "$work/process.json" "$id"
    expect_text "$variant: no JSON" "$err" process.json "line"
    expect_status 125 rt exec -p "$work/none.json" "$id"
    expect_text "$variant: no file" "$err" none.json "no such file or directory"

    # Detached: it lives on, the pid is the host's, and delete ends it.
    expect_status 0 rt exec -d --pid-file "$work/pid" "$id" sleep 1001
    pid=$(<"$work/pid")
    [[ $(cat "/proc/$pid/cmdline" | tr '\0' ' ') == "sleep 1001 " ]] || fail "$variant: the pid file says $pid"
    expect_text "$variant: ps" "$(rt ps -f json "$id")" "$pid"
    expect_status 0 rt delete --force "$id"
    [[ ! -e /proc/$pid ]] || [[ $(cut -d ' ' -f 3 "/proc/$pid/stat") == Z ]] || fail "$variant: process $pid is left"
    expect_nothing_left "$id"
done

# Only into a container that runs; config.json counts as it was when the container was made.
rm -rf "$work/box"
new_bundle box '.process.args=["sleep","1000"]' >/dev/null
expect_status 0 rt create -b "$work/box" "$id"
expect_status 125 rt exec "$id" true
expect_text "created" "$err" "container not running" "created"
echo '{}' >"$work/box/config.json"
expect_status 0 rt start "$id"
rm -r "$work/box"
expect_status 0 rt exec "$id" hostname
expect_equal "without its bundle" "$out" rt
expect_status 0 rt kill "$id" KILL
for _ in $(seq 100); do [[ $(rt state "$id" | jq -r .status) != stopped ]] || break; sleep 0.05; done
expect_status 125 rt exec "$id" true
expect_text "stopped" "$err" "container not running"
expect_status 0 rt delete "$id"
expect_nothing_left "$id"
finish
