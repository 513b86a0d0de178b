# What runs in a container, and what becomes of it.

case_run() {
    expect_output hi docker run --rm base echo hi
    expect_output input sh -c 'echo input | docker run --rm -i base cat'
    expect_status 0 docker run -d --name one --hostname web1 base sh -c 'hostname; sleep 1000'
    wait_for logged one web1
    expect_equal status "$(inspect one '{{.State.Status}} {{.HostConfig.Runtime}}')" "running rt"
    expect_output /docker sh -c "cut -d: -f3 /proc/$(inspect one '{{.State.Pid}}')/cgroup | grep -o ^/docker | sort -u"
    expect_status 0 docker rm -f one
    expect_status 1 docker inspect one
}

case_created() {
    expect_output created sh -c 'docker create --name one base echo later >/dev/null && docker inspect --format "{{.State.Status}}" one'
    expect_output later docker start -a one
    expect_output later docker start -a one
    expect_equal "exit code" "$(inspect one '{{.State.ExitCode}}')" 0
}

case_exit_codes() {
    expect_status 3 docker run --rm base sh -c 'exit 3'
    expect_status 137 docker run --rm --init base sh -c 'kill -KILL $$'
    expect_status 127 docker run --rm base no-such-program
    expect_text "not found in PATH" "$err" 'executable file not found in $PATH'
    expect_status 127 docker run --rm base /no/such
    expect_text "not found" "$err" "no such file or directory"
    expect_status 126 docker run --rm base /etc/passwd
    expect_text "not executable" "$err" "permission denied"
    expect_status 126 docker run --rm base /etc
    expect_status 127 docker run --rm -v /etc/passwd:/script:ro --entrypoint /no/interpreter base
    expect_status 125 docker run --rm --runtime no-such-runtime base true
}

case_exec_exit_codes() {
    expect_status 0 docker run -d --name one base sleep 1000
    expect_status 4 docker exec one sh -c 'exit 4'
    expect_status 137 docker exec one sh -c 'kill -KILL $$; sleep 10'
    expect_status 126 docker exec one /etc/passwd
    expect_text "not executable" "$out$err" "permission denied"
    expect_status 126 docker exec one no-such-program  # whatever the runtime says
    expect_text "not found in PATH" "$out$err" 'executable file not found in $PATH'
    expect_status 0 docker stop -t 0 one
    expect_status 1 docker exec one true
    expect_text "not running" "$err" "is not running"
}

case_terminal() {
    expect_output $'/dev/pts/0\nyes\ncrw--w---- 0 5' in_terminal docker run --rm -it base sh -c \
        'tty; test -t 0 && test -t 1 && test -t 2 && echo yes; stat -c "%A %u %g" $(tty)'
    expect_status 5 in_terminal docker run --rm -it base sh -c 'exit 5'
    expect_output /dev/console docker run --rm -t base sh -c 'ls /dev/console'
    # Typed words arrive, and the interrupt character is one.
    expect_status 0 docker run -dit --name one base sh
    expect_status 9 bash -c "{ sleep 1; echo 'echo \$((6 * 7))'; sleep 1; echo 'exit 9'; sleep 1; } | script -qec 'docker attach one' /dev/null"
    expect_text "typed" "$out" 42
    wait_for has_ended one
    expect_equal "exit code" "$(inspect one '{{.State.ExitCode}}')" 9
}

case_terminal_size() {
    expect_status 0 docker run -dt --name one base sleep 1000
    # The daemon sets the size once the program runs.
    expect_output "33 77" in_terminal docker exec -it one sh -c 'sleep 0.5; stty size'
    expect_output "33 77" in_terminal docker run --rm -it base sh -c 'sleep 0.5; stty size'
}

case_exec() {
    expect_status 0 docker run -d --name one -e FROM=config -w /srv base sleep 1000
    expect_output "0 0" docker exec one sh -c 'echo $(id -u) $(id -g)'
    expect_output "1000 1000" docker exec -u user one sh -c 'echo $(id -u) $(id -g)'
    expect_output "7 33" docker exec -u 7:33 one sh -c 'echo $(id -u) $(id -g)'
    expect_output "/srv config" docker exec one sh -c 'echo $PWD $FROM'
    expect_output "/tmp here" docker exec -w /tmp -e FROM=here one sh -c 'echo $PWD $FROM'
    expect_output input sh -c 'echo input | docker exec -i one cat'
    # The same cgroup as that of the container.
    expect_equal cgroup "$(docker exec one cat /proc/self/cgroup)" "$(docker exec one cat /proc/1/cgroup)"
    expect_status 0 docker exec -d one sh -c 'echo detached >/tmp/mark; sleep 1000'
    wait_for docker exec one grep -q detached /tmp/mark
    # What the kernel allows nobody here is left out; what docker leaves out for the others is in.
    expect_equal "not privileged" "$(docker exec one sh -c 'grep CapEff /proc/self/status' | cut -f2)" 00000000a80425fb
    expect_equal "privileged" "$(docker exec --privileged one grep CapEff /proc/self/status | cut -f2)" "$(all_capabilities)"
    expect_output $'Name:\tgrep\nState:\tR (running)' docker exec one grep -E '^(Name|State):' /proc/self/status
}

case_exec_terminal() {
    expect_status 0 docker run -d --name one base sleep 1000
    expect_output "root 0" in_terminal docker exec -t one sh -c 'echo "root $(id -u)" >$(tty)'
    # Who is not root can open the terminal that was made for them.
    expect_output "user 1000" in_terminal docker exec -it -u user one sh -c 'echo "user $(id -u)" >$(tty)'
    expect_status 6 in_terminal docker exec -it one sh -c 'exit 6'
}

case_logs() {
    expect_status 0 docker run --name one base sh -c 'echo one; echo two >&2; echo three'
    expect_status 0 docker logs one
    expect_equal "standard output" "$out" $'one\nthree'
    expect_equal "standard error" "$err" two
    expect_status 0 docker run -d --name two base sh -c 'echo first; sleep 1; echo last'
    expect_output $'first\nlast' docker logs -f two
    # Of one stream: Docker reads two by two pipes, and in which order is its own affair.
    expect_output last docker logs --tail 1 two
}

case_stop() {
    expect_status 0 docker run -d --name polite base sh -c 'trap "exit 7" TERM; echo ready; while :; do sleep 0.1; done'
    expect_status 0 docker run -d --name deaf base sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
    wait_for logged polite ready
    wait_for logged deaf ready
    expect_status 0 docker stop polite
    expect_equal polite "$(inspect polite '{{.State.ExitCode}}')" 7
    expect_status 0 docker stop -t 1 deaf
    expect_equal deaf "$(inspect deaf '{{.State.ExitCode}}')" 137
}

case_kill() {
    expect_status 0 docker run -d --name one base sh -c 'trap "echo got USR1" USR1; echo ready; while :; do sleep 0.1; done'
    wait_for logged one ready
    expect_status 0 docker kill -s USR1 one
    wait_for logged one "got USR1"
    expect_status 0 docker kill -s 10 one
    expect_status 0 docker kill one
    wait_for has_ended one
    expect_equal "exit code" "$(inspect one '{{.State.ExitCode}}')" 137
    expect_status 1 docker kill one
}

case_pause() {
    local ticks
    expect_status 0 docker run -d --name one base sh -c 'while :; do echo tick; sleep 0.05; done'
    wait_for logged one tick
    expect_status 0 docker pause one
    expect_equal status "$(inspect one '{{.State.Status}}')" paused
    sleep 0.3
    ticks=$(docker logs one | wc -l)
    sleep 0.5
    expect_equal "while paused" "$(docker logs one | wc -l)" "$ticks"
    expect_status 1 docker exec one true
    expect_text "exec" "$out$err" paused
    expect_text top "$(docker top one)" tick
    expect_status 0 docker unpause one
    more() { (($(docker logs one | wc -l) > ticks)); }
    wait_for more
    expect_status 0 docker pause one
    expect_status 0 docker rm -f one
}

case_top() {
    expect_status 0 docker run -d --name one base sh -c 'sleep 1001 & sleep 1002'
    # top of the daemon waits for no process to be born.
    both() { [[ $(docker top one) == *"sleep 1001"*"sleep 1002"* || $(docker top one) == *"sleep 1002"*"sleep 1001"* ]]; }
    wait_for both
    expect_text top "$(docker top one)" UID PID CMD
    expect_text "options of ps" "$(docker top one -o pid,comm)" COMMAND sleep
    expect_text "as on the host" "$(docker top one -o pid)" "$(inspect one '{{.State.Pid}}')"
}

case_health() {
    health() { [[ $(inspect one '{{.State.Health.Status}}') == "$1" ]]; }
    expect_status 0 docker run -d --name one --health-cmd 'test -e /tmp/well' --health-interval 200ms --health-retries 1 base sleep 1000
    wait_for health unhealthy
    expect_status 0 docker exec one touch /tmp/well
    wait_for health healthy
}

case_init() {
    expect_output "/sbin/docker-init -- sleep 1000" sh -c 'docker run -d --name one --init base sleep 1000 >/dev/null; sleep 0.5; docker exec one cat /proc/1/cmdline | tr "\0" " " | sed "s/ $//"'
    expect_status 0 docker exec one sh -c 'sh -c "true &"'
    expect_status 0 docker stop -t 5 one
    expect_equal "by TERM" "$(inspect one '{{.State.ExitCode}}')" 143
}

case_users() {
    expect_output "1000 1000" docker run --rm -u user base sh -c 'echo $(id -u) $(id -g)'
    expect_output "12345 0 /" docker run --rm -u 12345 base sh -c 'echo $(id -u) $(id -g) $HOME'
    expect_output "33 1000 5 7" docker run --rm -u www-data:user --group-add tty --group-add 7 base sh -c 'echo $(id -u) $(id -G)'
    expect_output "/home/user" docker run --rm -u user base sh -c 'echo $HOME'
    expect_status 126 docker run --rm -u 1000 base /root/none
    expect_status 125 docker run --rm -u no-such-user base true
    expect_output 1000 docker run --rm -u user base sh -c 'touch /tmp/f && stat -c %u /tmp/f'
}

case_many_at_once() {
    local i pids=()
    for i in 1 2 3 4 5 6 7 8; do
        docker run --rm base echo "number $i" >"$work/many.$i" &
        pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i"; done
    for i in 1 2 3 4 5 6 7 8; do expect_equal "number $i" "$(<"$work/many.$i")" "number $i"; done
}

case_other_commands() {
    expect_status 0 docker run -d --name one base sleep 1000
    expect_status 0 docker cp "$work/rootfs/etc/os-release" one:/copied
    expect_text "copied" "$(docker exec one cat /copied)" rt-busybox
    expect_output "A /copied" docker diff one
    expect_status 0 docker commit one committed
    expect_text "committed" "$(docker run --rm committed cat /copied)" rt-busybox
    expect_output 0 docker wait "$(docker run -d base true)"
    expect_text "known to the daemon" "$(docker info --format '{{json .Runtimes}} {{.DefaultRuntime}}')" '"rt"' ' rt'
    docker rmi -f committed >/dev/null
}

# Docker shows a checkpoint only to those who ask for experimental features; rt has none yet.
case_checkpoint() { skip_case "rt has no checkpoint yet"; }
