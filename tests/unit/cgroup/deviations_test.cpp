#include "rt/cgroup/deviations.hpp"

#include "catch.hpp"

using namespace rt::cgroup;

TEST_CASE("what the kernel writes in its own way is what was written", "[cgroup]") {
    CHECK(says_what_was_written("memory.max", "99999744\n", "100000001"));
    CHECK(says_what_was_written("memory.max", "max\n", "max"));
    CHECK(says_what_was_written("memory.limit_in_bytes", "9223372036854771712\n", "-1"));
    CHECK(says_what_was_written("cpuset.cpus", "0-3,7\n", "0,1,2,3,7"));
    CHECK(says_what_was_written("cpu.max", "50000 100000\n", "50000"));
    CHECK(says_what_was_written("cpu.max", "max 100000\n", "max 100000"));
    CHECK(says_what_was_written("io.weight", "default 300\n", "300"));
    CHECK(says_what_was_written("io.max", "8:0 rbps=max wbps=1048576 riops=max wiops=max\n", "8:0 wbps=1048576"));
    CHECK(says_what_was_written("memory.oom_control", "oom_kill_disable 1\nunder_oom 0\n", "1"));
    CHECK(says_what_was_written("pids.max", "50\n", "50"));
}

TEST_CASE("another value is another value", "[cgroup]") {
    CHECK_FALSE(says_what_was_written("memory.max", "99995648\n", "100000001"));
    CHECK_FALSE(says_what_was_written("memory.max", "max\n", "100000000"));
    CHECK_FALSE(says_what_was_written("memory.max", "100003840\n", "100000000"));
    CHECK_FALSE(says_what_was_written("memory.swappiness", "60\n", "100"));
    CHECK_FALSE(says_what_was_written("memory.swappiness", "0\n", "60"));
    CHECK_FALSE(says_what_was_written("cpuset.cpus", "0-2\n", "0-3"));
    CHECK_FALSE(says_what_was_written("cpu.max", "60000 100000\n", "50000"));
    CHECK_FALSE(says_what_was_written("io.max", "8:0 rbps=max wbps=5 riops=max wiops=max\n", "8:0 wbps=1048576"));
    CHECK_FALSE(says_what_was_written("io.max", "", "8:0 wbps=1048576"));
    CHECK_FALSE(says_what_was_written("pids.max", "max\n", "50"));
}
