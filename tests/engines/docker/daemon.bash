# Containers that start again, and a daemon that ends and comes back.

case_restart() {
    local before after
    expect_status 0 docker run -d --name one base sh -c 'touch /mark; sleep 1000'
    before=$(inspect one '{{.State.Pid}}')
    wait_for docker exec one test -e /mark
    expect_status 0 docker restart -t 0 one
    after=$(inspect one '{{.State.Pid}}')
    [[ $before != "$after" && $after != 0 ]] || fail "pid $after after the restart, $before before"
    expect_status 0 docker exec one test -e /mark
}

case_restart_policies() {
    expect_status 0 docker run -d --name failing --restart on-failure:2 base sh -c 'exit 1'
    expect_status 0 docker run -d --name always --restart always base sh -c 'sleep 1'
    gave_up() { [[ $(inspect failing '{{.RestartCount}} {{.State.Status}}') == "2 exited" ]]; }
    went_on() { [[ $(inspect always '{{.RestartCount}}') -ge 2 ]]; }
    wait_for gave_up
    wait_for went_on
    expect_status 0 docker stop -t 0 always
    wait_for has_ended always
}

case_live_restore() {
    stop_docker
    start_docker docker '."live-restore" = true'
    expect_status 0 docker run -d --name one base sh -c 'while :; do echo tick; sleep 0.1; done'
    local pid
    pid=$(inspect one '{{.State.Pid}}')
    stop_docker docker KILL
    kill -0 "$pid" || fail "the container ended with the daemon"
    start_docker docker '."live-restore" = true'
    expect_equal "after the daemon came back" "$(inspect one '{{.State.Status}} {{.State.Pid}}')" "running $pid"
    expect_output fine docker exec one echo fine
    expect_status 0 docker stop -t 0 one
    stop_docker
    start_docker
}

case_daemon_restarts() {
    expect_status 0 docker run -d --name always --restart always base sleep 1000
    expect_status 0 docker run -d --name never base sleep 1000
    stop_docker
    start_docker
    wait_for is_running always
    expect_equal never "$(inspect never '{{.State.Status}}')" exited
    expect_status 0 docker start never
    # Killed, so that containers and their keepers are left to themselves.
    stop_docker docker KILL
    start_docker
    wait_for is_running always
}
