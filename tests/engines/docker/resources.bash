# Limits and what is counted.

case_update() {
    expect_status 0 docker run -d --name one --memory 64m --memory-swap 128m --cpu-shares 512 base sleep 1000
    expect_status 0 docker update --cpu-quota 50000 --cpu-period 100000 one
    expect_equal quota "$(control_file one cpu cpu.cfs_quota_us cpu.max)" 50000
    # What is not named stays.
    expect_equal memory "$(control_file one memory memory.limit_in_bytes memory.max)" $((64 << 20))
    expect_equal shares "$(control_file one cpu cpu.shares cpu.weight)" 512
    expect_status 0 docker update --memory 96m --memory-swap 192m --pids-limit 50 --cpuset-cpus 0 one
    expect_equal memory "$(control_file one memory memory.limit_in_bytes memory.max)" $((96 << 20))
    expect_equal pids "$(control_file one pids pids.max pids.max)" 50
    expect_equal cpuset "$(control_file one cpuset cpuset.cpus cpuset.cpus)" 0
    expect_equal quota "$(control_file one cpu cpu.cfs_quota_us cpu.max)" 50000
    # The devices are as they were.
    expect_status 0 docker exec one sh -c 'echo x >/dev/null && head -c 1 /dev/zero | wc -c'
    expect_status 0 docker update --restart no one
}

case_stats() {
    local line
    expect_status 0 docker run -d --name one --memory 64m base sh -c 'sleep 1001 & sleep 1002'
    line=$(docker stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' one)
    [[ $line =~ ^one\ [23]\ [0-9.]+[KM]iB\ /\ 64MiB$ ]] || fail "stats: $line"
}

case_limits() {
    expect_status 0 docker run -d --name one --memory 64m --memory-swap 96m --memory-reservation 32m --pids-limit 20 --cpus 0.5 \
        --cpuset-cpus 0 --ulimit nofile=100:200 --oom-score-adj 300 base sleep 1000
    expect_equal memory "$(control_file one memory memory.limit_in_bytes memory.max)" $((64 << 20))
    expect_equal reservation "$(control_file one memory memory.soft_limit_in_bytes memory.low)" $((32 << 20))
    expect_equal pids "$(control_file one pids pids.max pids.max)" 20
    expect_equal cpu "$(control_file one cpu cpu.cfs_quota_us cpu.max)" 50000
    expect_output "100 200" docker exec one sh -c 'echo $(ulimit -Sn) $(ulimit -Hn)'
    expect_output 300 docker exec one cat /proc/1/oom_score_adj
    expect_output $'Cpus_allowed_list:\t0' docker exec one grep Cpus_allowed_list /proc/self/status
    # One process too many.
    expect_status 2 docker exec one sh -c 'i=0; while [ $i -lt 30 ]; do sleep 3 & i=$((i+1)); done'
    expect_text "too many processes" "$err" "can't fork: Resource temporarily unavailable"
}

case_out_of_memory() {
    expect_status 137 docker run --name one --memory 32m --memory-swap 32m base sh -c 'head -c 200m /dev/zero | tail'
    expect_status 0 docker rm one
    # The first process itself.
    expect_status 137 docker run --name one --memory 16m --memory-swap 16m base tail /dev/zero
    expect_equal "told by the daemon" "$(inspect one '{{.State.OOMKilled}}')" true
}
