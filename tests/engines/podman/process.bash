# Cases of Podman, as root and rootless: the life of a container, its process, terminals, exec.

case_info() {
    expect_output "rt /usr/local/bin/rt" podman info --format '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Path}}'
    expect_status 0 podman info --format '{{.Host.OCIRuntime.Version}}'
    expect_text version "$out" "$(rt --version | head -n 1)"
}

case_run() { expect_output hello podman run --rm $image echo hello; }

case_run_stdin() { expect_output "from outside" sh -c "echo from outside | podman run --rm -i $image cat"; }

case_run_streams() {
    expect_status 0 podman run --rm $image sh -c 'echo to out; echo to err >&2'
    expect_equal stdout "$out" "to out"
    expect_equal stderr "$err" "to err"
}

case_exit_codes() {
    expect_status 3 podman run --rm $image sh -c 'exit 3'
    expect_status 137 podman run --rm --init $image sh -c 'kill -9 $$'
    expect_status 125 podman run --rm --no-such-option $image true
    expect_status 127 podman run --rm $image no-such-program
    expect_text "a missing program" "$err" 'executable file not found in $PATH'
    expect_status 127 podman run --rm $image /no/such/program
    expect_text "a missing file" "$err" "no such file or directory"
    expect_status 126 podman run --rm $image /etc/passwd
    expect_text "not executable" "$err" "permission denied"
    expect_status 126 podman run --rm $image /etc
    expect_status 126 podman run --rm --user no-such-user $image true
}

case_detached() {
    expect_status 0 podman run -d --name one $image sh -c 'sleep 1; exit 7'
    expect_output 7 podman wait one
    expect_output "exited 7" podman inspect one --format '{{.State.Status}} {{.State.ExitCode}}'
}

case_create_start() {
    expect_status 0 podman create --name one $image echo started
    expect_output started podman start -a one
    expect_output started podman start -a one
}

case_start_failure() {
    expect_status 0 podman create --name one $image no-such-program
    expect_status 125 podman start one
    expect_text message "$err" 'executable file not found in $PATH'
}

case_terminal() {
    expect_output "/dev/pts/0 33 77" in_terminal podman run --rm -it $image sh -c 'sleep 0.3; echo $(tty) $(stty size)'
}

case_terminal_input() {
    # What is typed is echoed by the terminal, and read by the shell, which ends with it.
    expect_status 5 sh -c "(sleep 1; echo 'echo sum=\$((20+3))'; sleep 0.5; echo exit 5; sleep 1) |
        script -qec 'podman run --rm -it $image sh' /dev/null"
    expect_text terminal "$out" sum=23
}

case_terminal_user() {
    expect_output "33 33 5" in_terminal podman run --rm -it --user 33 $image sh -c 'echo $(id -u) $(stat -c "%u %g" $(tty)) >$(tty)'
}

case_terminal_detached() {
    expect_status 0 podman run -dt --name one $image sh -c 'tty; sleep 100'
    wait_for sh -c 'podman logs one | grep /dev/pts/0'
}

case_attach() {
    expect_status 0 podman run -di --name one $image cat
    expect_output "through attach" sh -c 'echo through attach | timeout 20 podman attach one'
}

case_exec() {
    podman run -d --name one -e FROM=config --workdir /var $image sleep 1000
    expect_output inside podman exec one echo inside
    expect_output "33 33" podman exec -u 33:33 one sh -c 'echo $(id -u) $(id -g)'
    expect_output www-data podman exec -u www-data one id -un
    expect_output /tmp podman exec -w /tmp one pwd
    expect_output /var podman exec one pwd
    expect_output "config given" podman exec -e ADDED=given one sh -c 'echo $FROM $ADDED'
    expect_output typed sh -c 'echo typed | podman exec -i one cat'
}

case_exec_exit_codes() {
    podman run -d --name one $image sleep 1000
    expect_status 9 podman exec one sh -c 'exit 9'
    expect_status 127 podman exec one no-such-program
    expect_text "a missing program" "$err" 'executable file not found in $PATH'
    expect_status 127 podman exec one /no/such/program
    expect_status 126 podman exec one /etc/passwd
    expect_text "not executable" "$err" "permission denied"
    expect_status 143 podman exec one sh -c 'kill -TERM $$'
    expect_status 127 podman exec -w /no/such/directory one true
}

case_exec_tty() {
    podman run -d --name one $image sleep 1000
    expect_output "/dev/pts/0 33 77" in_terminal podman exec -it one sh -c 'sleep 0.3; echo $(tty) $(stty size)'
    expect_output "33 written" in_terminal podman exec -it -u 33 one sh -c 'echo $(id -u) written >$(tty)'
}

case_exec_detached() {
    podman run -d --name one $image sleep 1000
    expect_status 0 timeout 20 podman exec -d one sh -c 'echo done >/tmp/mark; sleep 1000'
    wait_for podman exec one test -e /tmp/mark
    expect_status 125 podman exec -d one no-such-program
}

case_exec_privileged() {
    podman run -d --name one $image sleep 1000
    expect_output 0000000000000000 podman exec -u 33 one awk '/CapEff/ { print $2 }' /proc/self/status
    expect_status 0 podman exec --privileged one awk '/CapEff/ { print $2 }' /proc/self/status
    expect_equal "all that Podman has" "$out" "$(podman run --rm --privileged $image awk '/CapEff/ { print $2 }' /proc/self/status)"
}

case_exec_environment_file() {
    printf 'A=1\nB=two words\n' >$shared/env
    podman run -d --name one $image sleep 1000
    expect_output "1 two words" podman exec --env-file $shared/env one sh -c 'echo $A $B'
}

case_exec_many() {
    local number
    podman run -d --name one $image sleep 1000
    for number in 1 2 3 4 5 6; do podman exec one sh -c "echo $number >/tmp/$number" & done
    wait
    expect_output "1 2 3 4 5 6" podman exec one sh -c 'echo $(cat /tmp/[1-6])'
}

case_exec_paused() {
    can_freeze
    podman run -d --name one $image sleep 1000
    podman pause one
    expect_status 255 podman exec one true
    expect_text message "$err" "running containers"
    podman unpause one
}

case_logs() {
    podman run -d --name one $image sh -c 'echo first; echo second >&2; sleep 1000'
    wait_for sh -c 'podman logs one 2>&1 | grep second'
    expect_status 0 podman logs one
    expect_equal stdout "$out" first
    expect_equal stderr "$err" second
}

case_stop() {
    podman run -d --name one $image sh -c 'trap "echo bye; exit 4" TERM; while :; do sleep 0.1; done'
    sleep 0.5
    expect_status 0 podman stop -t 20 one
    expect_output 4 podman inspect one --format '{{.State.ExitCode}}'
    expect_output bye podman logs one
}

case_stop_timeout() {
    podman run -d --name one $image sleep 1000
    expect_status 0 podman stop -t 1 one
    expect_output 137 podman inspect one --format '{{.State.ExitCode}}'
}

case_stop_signal() {
    podman run -d --name one --stop-signal USR1 $image sh -c 'trap "exit 5" USR1; while :; do sleep 0.1; done'
    sleep 0.5
    expect_status 0 podman stop -t 20 one
    expect_output 5 podman inspect one --format '{{.State.ExitCode}}'
}

case_kill() {
    podman run -d --name one $image sh -c 'trap "echo got USR1" USR1; while :; do sleep 0.1; done'
    sleep 0.5
    expect_status 0 podman kill -s USR1 one
    wait_for sh -c 'podman logs one | grep "got USR1"'
    expect_status 0 podman kill one
    expect_output 137 podman wait one
    expect_status 125 podman kill one
}

case_restart() {
    podman run -d --name one $image sh -c 'echo start; sleep 1000'
    expect_status 0 podman restart -t 0 one
    wait_for sh -c 'podman logs one | grep -c start | grep 2'
    expect_output running podman inspect one --format '{{.State.Status}}'
}

case_restart_policy() {
    podman run -d --name one --restart on-failure:2 $image sh -c 'echo start; exit 3'
    wait_for sh -c 'podman logs one | grep -c start | grep 3'
    wait_for sh -c 'podman inspect one --format "{{.State.Status}} {{.RestartCount}}" | grep "exited 2"'
}

case_restart_always() {
    podman run -d --name one --restart always $image sh -c 'echo start; sleep 0.2'
    wait_for sh -c '[ "$(podman logs one | grep -c start)" -ge 3 ]'
    expect_status 0 podman stop -t 1 one
}

case_pause() {
    can_freeze
    podman run -d --name one $image sh -c 'while :; do echo tick; sleep 0.1; done'
    expect_status 0 podman pause one
    expect_output paused podman inspect one --format '{{.State.Status}}'
    expect_equal "nothing runs" "$(podman logs one | wc -l)" "$(sleep 1; podman logs one | wc -l)"
    expect_status 0 podman unpause one
    expect_output running podman inspect one --format '{{.State.Status}}'
}

case_remove_paused() {
    can_freeze
    podman run -d --name one $image sleep 1000
    podman pause one
    expect_status 0 podman rm -f -t 0 one
}

case_top() {
    podman run -d --name one --user 33 $image sleep 1000
    expect_status 0 podman top one user pid args
    expect_text top "$out" "www-data" "sleep 1000"
}

case_init() {
    expect_status 0 podman run --rm --init $image ps -o pid,args
    expect_text "pid 1" "$out" "podman-init -- ps"
}

case_init_reaps() {
    podman run -d --name one --init $image sleep 1000
    podman exec one sh -c '(sleep 0.2 &) ; exit 0'
    sleep 0.7
    expect_output 0 podman exec one sh -c 'ps -o stat,args | grep -c "^Z" || true'
}

case_health_check() {
    podman run -d --name one --health-cmd 'test -e /tmp/well' --health-retries 1 --health-interval disable $image sleep 1000
    expect_status 1 podman healthcheck run one
    podman exec one touch /tmp/well
    expect_status 0 podman healthcheck run one
    expect_output healthy podman inspect one --format '{{.State.Health.Status}}'
}

case_environment() {
    expect_output "A=1 two words" podman run --rm -e A=1 -e "B=two words" $image sh -c 'echo A=$A $B'
    expect_output /root podman run --rm $image sh -c 'echo $HOME'
    expect_output /home/user podman run --rm --user 1000 $image sh -c 'echo $HOME'
    expect_output podman podman run --rm $image sh -c 'echo $container'
}

case_workdir() {
    expect_output /made/for/me podman run --rm $image sh -c 'mkdir -p /made/for/me; cd /made/for/me; pwd'
    expect_output /var/www podman run --rm --workdir /var/www $image pwd
}

case_hostname() {
    expect_output box podman run --rm --hostname box $image hostname
    expect_output box podman run --rm --hostname box $image cat /proc/sys/kernel/hostname
    expect_output rt-engines podman run --rm --uts host $image hostname
}

case_preserve_fds() {
    expect_output "third fourth" sh -c "echo third >$shared/3; echo fourth >$shared/4
        exec 3<$shared/3 4<$shared/4
        podman run --rm --preserve-fds 2 $image sh -c 'read a <&3; read b <&4; echo \$a \$b'"
}

case_descriptors() {
    # The container's process has its three streams, and ls the directory it reads.
    expect_output "0 1 2 3" sh -c "podman run --rm $image sh -c 'echo \$(ls /proc/self/fd)'"
    podman run -d --name one $image sleep 1000
    expect_output "0 1 2 3" sh -c "podman exec one sh -c 'echo \$(ls /proc/self/fd)'"
}

case_many_at_once() {
    local number
    for number in 1 2 3 4 5; do podman run --rm $image echo $number >$shared/many.$number & done
    wait
    expect_output "1 2 3 4 5" sh -c "echo \$(cat $shared/many.*)"
}

case_events() {
    local since
    since=$(date +%s)
    podman run --name one $image sh -c 'exit 6' || true
    expect_status 0 podman events --stream=false --since "$since" --filter event=died --format '{{.Name}} {{.ContainerExitCode}}'
    expect_text event "$out" "one 6"
}

case_copy() {
    echo carried >$shared/file
    podman run -d --name one $image sleep 1000
    expect_status 0 podman cp $shared/file one:/tmp/file
    expect_output carried podman exec one cat /tmp/file
    podman exec one sh -c 'echo back >/tmp/back'
    expect_status 0 podman cp one:/tmp/back $shared/back
    expect_output back cat $shared/back
}

case_commit() {
    podman run --name one $image sh -c 'echo kept >/kept'
    expect_status 0 podman commit one kept-image
    expect_output kept podman run --rm kept-image cat /kept
    podman rmi -f kept-image
}
