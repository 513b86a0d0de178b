#!/usr/bin/env bash
# Docker Swarm with rt as the runtime of each node: one node, and three of which one is lost.
source "$(dirname "$0")/lib.bash"
needs dockerd docker containerd containerd-shim-runc-v2 iptables jq ip
source "$SOURCE_DIR/tests/engines/docker.bash"
case_limit=$((600 * patience))

on() { docker -H "unix:///run/$1.sock" "${@:2}"; }  # NODE ARGUMENT...: docker of that node
running_on() { on "$1" ps -q --filter status=running | wc -l; }

# NODE SERVICE: the tasks that should run and do, as the manager sees it: node and state of each.
tasks() { on "$1" service ps --filter desired-state=running --format '{{.Node}} {{.CurrentState}}' "$2"; }
all_run() { [[ $(tasks "$1" "$2" | grep -c ' Running ') == "$3" ]]; }  # NODE SERVICE NUMBER

# A swarm takes its time: what it has lost it misses after three heartbeats of five seconds.
wait_long() {
    local limit=$((SECONDS + 150))
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < limit)) || fail "in vain waited for: $*; tasks: $(tasks "${node:-one}" web)"
        sleep 0.5
    done
}

# Without IPVS in the kernel a service has no address of its own: dnsrr.
create_service() {  # NODE ARGUMENT...: a service called web
    on "$1" service create --detach --name web --endpoint-mode dnsrr --no-resolve-image --stop-grace-period 1s \
        --restart-delay 100ms "${@:2}"
}

new_swarm() {  # NODE ADDRESS
    on "$1" swarm init --advertise-addr "$2" --listen-addr "$2:2377"
}

after_case() {
    local name
    for name in one two three; do
        [[ -e /run/$name.pid ]] || continue
        if daemon_runs $name; then
            on $name service rm web >/dev/null 2>&1 || true
            on $name swarm leave --force >/dev/null 2>&1 || true
            nobody_left() { [[ -z $(on $name ps -q) ]]; }
            wait_for nobody_left
            # shellcheck disable=SC2046  # a list of ids
            [[ -z $(on $name ps -aq) ]] || on $name rm -f $(on $name ps -aq) >/dev/null
            stop_docker $name
            nothing_of_docker_left $name
        fi
        rm -f /run/$name.pid
    done
}

case_one_node() {
    start_docker one
    import_image one
    expect_status 0 new_swarm one 127.0.0.1
    expect_status 0 create_service one --replicas 3 --limit-memory 64m --env NAME=value --read-only base sleep 1000
    wait_long all_run one web 3
    expect_equal "containers" "$(running_on one)" 3
    local first
    first=$(on one ps -q | head -n 1)
    expect_equal "its runtime" "$(on one inspect --format '{{.HostConfig.Runtime}}' "$first")" rt
    expect_output value on one exec "$first" sh -c 'echo $NAME'
    expect_status 0 on one service scale --detach web=5
    wait_long all_run one web 5
    # One that ends is replaced.
    expect_status 0 on one kill "$first"
    replaced() { [[ $(running_on one) == 5 && $(on one ps -q) != *"$first"* ]]; }
    wait_long replaced
    # A new version takes the place of the old one.
    expect_status 0 on one service update --detach --env-add NAME=new --update-parallelism 5 web
    renewed() {
        local id
        [[ $(running_on one) == 5 ]] || return
        for id in $(on one ps -q); do [[ $(on one exec "$id" sh -c 'echo $NAME') == new ]] || return; done
    }
    wait_long renewed
    expect_status 0 on one service scale --detach web=1
    single() { [[ $(running_on one) == 1 ]]; }
    wait_long single
    expect_status 0 on one service rm web
    none() { [[ $(running_on one) == 0 ]]; }
    wait_long none
}

case_secrets_and_configs() {
    start_docker one
    import_image one
    expect_status 0 new_swarm one 127.0.0.1
    expect_status 0 sh -c 'echo hidden | docker -H unix:///run/one.sock secret create word -'
    expect_status 0 sh -c 'echo shown | docker -H unix:///run/one.sock config create page -'
    expect_status 0 create_service one --secret source=word,uid=33,mode=0400 --config source=page,target=/srv/page \
        --mount type=tmpfs,destination=/tmp base sleep 1000
    wait_long all_run one web 1
    local id
    id=$(on one ps -q)
    expect_output "hidden shown" on one exec "$id" sh -c 'echo $(cat /run/secrets/word /srv/page)'
    expect_output "33 400" on one exec "$id" stat -c '%u %a' /run/secrets/word
}

# Three hosts: network namespaces, each with a name and a daemon, and the wires between them in one of their own, where no
# daemon filters what passes.
make_host() {  # NAME ADDRESS
    ip netns add "$1"
    ip -n wires link add "to-$1" type veth peer name eth0 netns "$1"
    ip -n wires link set "to-$1" master swarm up
    ip -n "$1" address add "$2/24" dev eth0
    ip -n "$1" link set eth0 up
    ip -n "$1" link set lo up
    start_host "$1"
    import_image "$1"
}

start_host() { start_docker "$1" . nsenter "--net=/run/netns/$1" unshare --uts sh -c "hostname $1 && exec \"\$@\"" sh; }

case_a_node_is_lost() {
    local node token
    ip netns add wires
    ip -n wires link add swarm type bridge
    ip -n wires link set swarm up
    make_host one 10.9.0.1
    make_host two 10.9.0.2
    make_host three 10.9.0.3
    expect_status 0 new_swarm one 10.9.0.1
    token=$(on one swarm join-token -q worker)
    for node in two three; do expect_status 0 on $node swarm join --token "$token" 10.9.0.1:2377; done
    expect_equal "nodes" "$(on one node ls --format '{{.Hostname}} {{.Status}}' | sort)" $'one Ready\nthree Ready\ntwo Ready'
    expect_status 0 create_service one --replicas 6 base sleep 1000
    node=one
    wait_long all_run one web 6
    for node in one two three; do expect_equal "tasks of $node" "$(running_on $node)" 2; done
    # Its power fails: daemon, keepers and containers at once.
    lose three
    elsewhere() { [[ $(tasks one web | awk '$2 == "Running" { print $1 }' | sort | uniq -c | xargs) == "3 one 3 two" ]]; }
    node=one
    wait_long elsewhere
    expect_equal "really" "$(running_on one) $(running_on two)" "3 3"
    three_is() { on one node ls --format '{{.Hostname}} {{.Status}}' | grep -qx "three $1"; }
    three_is Down || fail "the manager has not seen it"
    # It comes back, and takes away what its end has left: the containers have moved.
    ip -n wires link set to-three up
    start_host three
    wait_long three_is Ready
    expect_equal "after its return" "$(running_on one) $(running_on two) $(running_on three)" "3 3 0"
}

lose() {  # NODE
    local pid
    ip -n wires link set "to-$1" down
    kill -KILL "$(<"/run/$1.pid")"
    rm "/run/$1.pid"
    for pid in $(ip netns pids "$1") $(pgrep -f "/run/$1/"); do kill -KILL "$pid" 2>/dev/null || true; done
    for pid in $(pgrep -fx 'sleep 1000'); do
        grep -q "/data/$1/" "/proc/$pid/mountinfo" && kill -KILL "$pid"
    done
    true
}

run_cases
