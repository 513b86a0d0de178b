// The formats are those of the kernel's Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst.
#include "rt/cgroup/setting_file.hpp"

#include "catch.hpp"

using rt::cgroup::value_to_restore;

TEST_CASE("what a control file held can be written again", "[cgroup]") {
    CHECK(value_to_restore("memory.max", "max\n", "4096") == "max");
    CHECK(value_to_restore("cpu.max", "50000 100000\n", "1 2") == "50000 100000");
    CHECK(value_to_restore("cpuset.cpus", "\n", "0") == "\n");
    CHECK(value_to_restore("memory.oom_control", "oom_kill_disable 1\nunder_oom 0\noom_kill 0\n", "0") == "1");
    CHECK(value_to_restore("memory.oom_control", "1\nunder_oom 0\n", "0") == "1");
    CHECK(value_to_restore("io.max", "8:0 rbps=1 wbps=max riops=max wiops=max\n", "8:0 rbps=5") ==
          "8:0 rbps=1 wbps=max riops=max wiops=max");
    CHECK(value_to_restore("io.max", "8:160 rbps=1\n", "8:16 rbps=5") == "8:16 rbps=max wbps=max riops=max wiops=max");
    CHECK(value_to_restore("blkio.throttle.read_bps_device", "", "8:0 5") == "8:0 0");
    CHECK(value_to_restore("io.weight", "default 100\n8:0 7\n", "200") == "default 100");
    CHECK(value_to_restore("io.bfq.weight", "default 100\n", "8:0 7") == "8:0 default");
    CHECK(value_to_restore("rdma.max", "mlx5_0 hca_handle=2 hca_object=max\n", "mlx5_0 hca_handle=9") ==
          "mlx5_0 hca_handle=2 hca_object=max");
    CHECK(value_to_restore("net_prio.ifpriomap", "lo 0\neth0 3\n", "eth0 5") == "eth0 3");
}
