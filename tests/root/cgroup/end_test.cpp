// Ending processes that do not make it easy, and directories that must not be touched.
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "catch.hpp"
#include "cgroups.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

using namespace rt;
using namespace rt::test;
using cgroup::Cgroup;

namespace {

using Names = std::vector<std::string>;

Names without_unified(const plan::Cgroup& plan) {
    Names names;
    for (const plan::CgroupDirectory& entry : plan.directories) {
        if (!entry.hierarchy.unified) names.push_back(entry.directory);
    }
    return names;
}

std::string refusal_of(const std::string& directory) {
    std::string reason;
    for (const auto& act :
         {std::function([&] { cgroup::processes({directory}); }), std::function([&] { cgroup::kill_all({directory}); }),
          std::function([&] { cgroup::remove({directory}); })}) {
        try {
            act();
            return "accepted";
        } catch (const Error& error) {
            reason = error.failure().reason;
        }
    }
    return reason;
}

// Forks and ends without pause: whoever is seen in the list is gone a moment later.
int run_away() {
    for (;;) {
        if (::fork() > 0) ::_exit(0);
    }
}

void reap_all() {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
}

int use_memory() {
    constexpr std::size_t size = 64U << 20;
    char* memory =
        static_cast<char*>(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (std::size_t i = 0; i < size; i += 4096) memory[i] = 1;
    return 0;
}

}  // namespace

TEST_CASE("frozen processes are ended", "[cgroup]") {
    in_each_layout([](Layout) {
        const plan::Cgroup plan = plan_at(unique_name());
        const Names directories = cgroup::directories_of(plan);
        std::vector<Names> ways{directories};
        if (!without_unified(plan).empty()) ways.push_back(without_unified(plan));
        for (const Names& way : ways) {
            const Cgroup group = Cgroup::create(plan);
            const Process process(group.birth_fd());
            group.join(process.pid());
            Names nested = directories;
            for (std::string& name : nested) name += "/inner";
            const MadeByHand by_hand(nested);
            const Process inner;
            move_into(inner.pid(), nested);
            set_frozen(nested, true);
            if (way.size() == directories.size()) set_frozen(directories, true);
            cgroup::kill_all(way);
            CHECK(process.has_ended());
            CHECK(inner.has_ended());
        }
        CHECK(left_of(directories).empty());
    });
}

TEST_CASE("a process that forks all the time is ended", "[cgroup]") {
    REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);  // who loses its parent is ours to reap
    in_each_layout([](Layout) {
        const plan::Cgroup plan = plan_at(unique_name());
        std::vector<Names> ways{cgroup::directories_of(plan)};
        if (!without_unified(plan).empty()) ways.push_back(without_unified(plan));
        for (const Names& way : ways) {
            Cgroup group = Cgroup::create(plan);
            group.join_after_birth();
            Process process{std::function<int()>(run_away)};
            group.join(process.pid());
            process.let_go();
            ::usleep(5000);
            cgroup::kill_all(way);
            CHECK(cgroup::processes(cgroup::directories_of(plan)).empty());
        }
        reap_all();
    });
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_CASE("in a v2 cgroup that is threaded itself processes are found and ended all the same", "[cgroup]") {
    const UnifiedView view;
    const MadeByHand by_hand(cgroup::directories_of(plan_at(unique_name())));
    os::write_file(AT_FDCWD, by_hand.directories()[0] + "/cgroup.type", "threaded");
    const Process process;
    move_into(process.pid(), by_hand.directories());
    REQUIRE_FALSE(os::try_read_file(AT_FDCWD, by_hand.directories()[0] + "/cgroup.procs"));
    CHECK(cgroup::processes(by_hand.directories()) == std::vector<pid_t>{process.pid()});
    cgroup::kill_all(by_hand.directories());
    CHECK(process.has_ended());
    cgroup::remove(by_hand.directories());
    CHECK(left_of(by_hand.directories()).empty());
}

TEST_CASE("threaded cgroups inside are removed", "[cgroup]") {
    const UnifiedView view;
    const plan::Cgroup plan = plan_at(unique_name());
    const Names directories = cgroup::directories_of(plan);
    const Cgroup group = Cgroup::create(plan);
    const Process process(group.birth_fd());
    const MadeByHand by_hand({directories[0] + "/t", directories[0] + "/t/u"});
    for (const std::string& name : by_hand.directories()) os::write_file(AT_FDCWD, name + "/cgroup.type", "threaded");
    os::write_file(AT_FDCWD, by_hand.directories()[1] + "/cgroup.threads", std::to_string(process.pid()));
    CHECK(cgroup::processes(directories) == std::vector<pid_t>{process.pid()});
    cgroup::kill_all(directories);
    CHECK(process.has_ended());
    cgroup::remove(directories);
    CHECK(left_of(directories).empty());
}

TEST_CASE("a directory that is no container's cgroup is not touched", "[cgroup]") {
    in_each_layout([](Layout) {
        for (const host::CgroupHierarchy& hierarchy : host::cgroup_layout().hierarchies) {
            CHECK(refusal_of(hierarchy.mount_point) == "it is the root of a cgroup hierarchy");
            CHECK(refusal_of(hierarchy.mount_point + "/x/..") == "it is not a plain absolute path");
            CHECK(refusal_of(hierarchy.mount_point + "/.") == "it is not a plain absolute path");
            CHECK(refusal_of(hierarchy.mount_point + "//x") == "it is not a plain absolute path");
        }
        CHECK(refusal_of("/tmp") == "it is not in a cgroup file system");
        CHECK(refusal_of("/") == "it is not a plain absolute path");
        CHECK(refusal_of("") == "it is not a plain absolute path");
        CHECK(refusal_of("sys/fs/cgroup/x") == "it is not a plain absolute path");
    });
}

TEST_CASE("a symbolic link to a cgroup is not followed", "[cgroup]") {
    const plan::Cgroup plan = plan_at(unique_name());
    const Cgroup group = Cgroup::create(plan);
    const std::string link = "/tmp/" + unique_name();
    REQUIRE(::symlink(plan.directories.front().directory.c_str(), link.c_str()) == 0);
    CHECK(refusal_of(link) != "accepted");
    ::unlink(link.c_str());
}

TEST_CASE("removing a cgroup in which a process lives gives up in the end, and says who", "[cgroup][slow]") {
    const plan::Cgroup plan = plan_at(unique_name());
    const Cgroup group = Cgroup::create(plan);
    const Process process(group.birth_fd());
    group.join(process.pid());
    const auto start = std::chrono::steady_clock::now();
    try {
        cgroup::remove(cgroup::directories_of(plan));
        FAIL("removed");
    } catch (const Error& error) {
        CHECK(error.failure().code == EBUSY);
        CHECK(error.failure().reason == concat("process ", process.pid(), " is in it"));
    }
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(15));
    CHECK_FALSE(process.has_ended());
}

TEST_CASE("what the kernel killed for memory is counted", "[cgroup]") {
    const plan::Cgroup plan = plan_at(unique_name());
    const Names directories = cgroup::directories_of(plan);
    Cgroup group = Cgroup::create(plan);
    group.join_after_birth();
    bool limited = false;
    for (const std::string& directory : directories) {
        for (const char* file : {"/memory.limit_in_bytes", "/memory.max"}) {
            limited = limited || os::try_write_file(AT_FDCWD, directory + file, "8M") == 0;
        }
    }
    if (!limited) SKIP_TEST("no memory controller");
    CHECK(cgroup::oom_kills(directories) == 0);
    Process process{std::function<int()>(use_memory)};
    group.join(process.pid());
    CHECK(process.finish() == -1);
    CHECK(cgroup::oom_kills(directories) == 1);
}
