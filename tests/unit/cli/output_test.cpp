#include "rt/cli/output.hpp"

#include <algorithm>

#include "catch.hpp"
#include "rt/base/error.hpp"
#include "rt/base/signal_names.hpp"
#include "rt/cli/process_table.hpp"
#include "rt/host/kernel.hpp"

using namespace rt;

TEST_CASE("of the output of ps(1) the header and the lines of the container are left", "[cli]") {
    const std::string output =
        "UID          PID    PPID  C STIME TTY          TIME CMD\n"
        "root           1       0  0 10:00 ?        00:00:01 /sbin/init\n"
        "100000      4711       1  0 10:01 ?        00:00:00 sleep 4712\n"
        "100000      4712    4711  0 10:01 ?        00:00:00 sh\n";
    CHECK(cli::filter_ps_output(output, {4711}) ==
          "UID          PID    PPID  C STIME TTY          TIME CMD\n"
          "100000      4711       1  0 10:01 ?        00:00:00 sleep 4712\n");
    CHECK(cli::filter_ps_output(output, {}) == "UID          PID    PPID  C STIME TTY          TIME CMD\n");
    CHECK_THROWS_AS(cli::filter_ps_output("CMD\nsleep\n", {1}), Error);
}

TEST_CASE("the built-in table has the columns of ps -ef", "[cli]") {
    const std::string table = cli::process_table({1});
    CHECK(table.starts_with("UID"));
    for (const char* column : {"PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"}) {
        CHECK(table.find(column) != std::string::npos);
    }
    CHECK(std::count(table.begin(), table.end(), '\n') == 2);
}

TEST_CASE("a table has its columns aligned", "[cli]") {
    CHECK(cli::table_text({{"ID", "PID"}, {"web1", "7"}}) == "ID    PID\nweb1  7\n");
}

TEST_CASE("signals go by name, with SIG or without, and by number", "[base]") {
    for (const SignalName& entry : signal_names) {
        CHECK(signal_number(entry.name) == entry.number);
        CHECK(signal_number("SIG" + std::string(entry.name)) == entry.number);
        CHECK(signal_number(std::to_string(entry.number)) == entry.number);
    }
    CHECK(signal_number("term") == 15);  // signal(7)
    CHECK(signal_number("KILL") == 9);
    CHECK(signal_number("0") == 0);
    CHECK(signal_number("64") == 64);
    CHECK(signal_number("RTMIN+1") == SIGRTMIN + 1);
    CHECK(signal_number("SIGRTMAX") == SIGRTMAX);
    for (const char* wrong : {"", "SIG", "65", "-1", "9x", "NOSUCH", "RTMIN+99", "RTMAX+1", " 9", "1e1"}) {
        CHECK_FALSE(signal_number(wrong));
    }
    CHECK(signal_text(9) == "signal 9 (KILL)");
    CHECK(signal_text(50) == "signal 50");
}

TEST_CASE("a kernel older than 5.14 is told so", "[host]") {
    for (const char* good : {"5.14.0", "5.14.0-rc1-amd64", "5.15", "6.1.0-18-amd64", "10.0.1", "strange"}) {
        CHECK(host::is_supported_kernel(good));
    }
    for (const char* old : {"5.13.19", "5.4.0-150-generic", "4.19.0", "3.10.0-1160.el7"}) {
        CHECK_FALSE(host::is_supported_kernel(old));
    }
}
