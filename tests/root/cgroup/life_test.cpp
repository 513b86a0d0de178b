// A cgroup from its making to its end, on the mounts of the machine and with v2 only.
#include <sys/stat.h>

#include "catch.hpp"
#include "cgroups.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/umask.hpp"

using namespace rt;
using namespace rt::test;
using cgroup::Cgroup;

namespace {

using Names = std::vector<std::string>;
using Pids = std::vector<pid_t>;

Failure refusal_of(const plan::Cgroup& plan) {
    try {
        Cgroup::create(plan);
    } catch (const Error& error) {
        return error.failure();
    }
    return {.doing = "nothing: accepted"};
}

Names with_suffix(Names names, const std::string& suffix) {
    for (std::string& name : names) name += suffix;
    return names;
}

}  // namespace

TEST_CASE("make, join, list, kill, remove", "[cgroup]") {
    in_each_layout([](Layout) {
        const std::string name = unique_name();
        const plan::Cgroup plan = plan_at(name);
        const Names directories = cgroup::directories_of(plan);
        CHECK(directories.size() == host::cgroup_layout().hierarchies.size());
        CHECK(cgroup::directories_to_make(plan) == directories);
        CHECK(left_of(directories).empty());
        cgroup::require_unused(plan);
        CHECK(cgroup::processes(directories).empty());

        const os::UmaskScope umask(077);
        Cgroup group = Cgroup::create(plan);
        CHECK(left_of(directories) == directories);
        CHECK(group.made() == directories);
        for (const std::string& directory : directories) {
            CHECK((os::try_status_at(AT_FDCWD, directory)->st_mode & 07777) == 0755);
        }
        const Process process(group.birth_fd());
        group.join(process.pid());
        if (host::cgroup_layout().hierarchies.size() == directories.size() && plan.mode != host::CgroupMode::unified) {
            CHECK(join(outside_of(process.pid(), "/" + name), "; ").empty());
        }
        CHECK(cgroup::processes(directories) == Pids{process.pid()});

        const Names nested = with_suffix(directories, "/inner");
        const MadeByHand by_hand(nested);
        const Process inner;
        move_into(inner.pid(), nested);
        CHECK(cgroup::processes(directories) == Pids{process.pid(), inner.pid()});
        CHECK_FALSE(process.has_ended());

        group.release();
        cgroup::kill_all(directories);
        CHECK(process.has_ended());
        CHECK(inner.has_ended());
        CHECK(cgroup::processes(directories).empty());
        cgroup::remove(directories);
        CHECK(left_of(directories).empty());
        cgroup::remove(directories);
        cgroup::kill_all(directories);
        CHECK(cgroup::oom_kills(directories) == 0);
    });
}

TEST_CASE("where CLONE_INTO_CGROUP is refused, joining does it", "[cgroup]") {
    in_each_layout([](Layout) {
        const plan::Cgroup plan = plan_at(unique_name());
        Cgroup group = Cgroup::create(plan);
        const Process process;
        group.join_after_birth();
        CHECK(group.birth_fd() == -1);
        group.join(process.pid());
        for (const std::string& directory : cgroup::directories_of(plan)) {
            INFO(directory);
            CHECK(os::read_file(AT_FDCWD, directory + "/cgroup.procs") == concat(process.pid(), "\n"));
        }
    });
}

TEST_CASE("what is not released is gone, with its processes", "[cgroup]") {
    in_each_layout([](Layout) {
        for (int round = 0; round < 20; ++round) {
            const plan::Cgroup plan = plan_at(unique_name());
            Cgroup made = Cgroup::create(plan);
            const Cgroup group = std::move(made);
            const Process process(group.birth_fd());
            group.join(process.pid());
            CHECK_FALSE(process.has_ended());
            CHECK(left_of(cgroup::directories_of(plan)).size() == plan.directories.size());
        }
        const plan::Cgroup plan = plan_at(unique_name());
        std::optional<Cgroup> group = Cgroup::create(plan);
        const Process process(group->birth_fd());
        group->join(process.pid());
        group.reset();
        CHECK(process.has_ended());
        CHECK(left_of(cgroup::directories_of(plan)).empty());
    });
}

TEST_CASE("a cgroup that holds processes is refused and left alone", "[cgroup]") {
    in_each_layout([](Layout) {
        const std::string name = unique_name();
        const plan::Cgroup plan = plan_at(name);
        for (const std::string where : {"", "/inner"}) {
            INFO("process in " << name << where);
            const MadeByHand by_hand(cgroup::directories_of(plan));
            std::optional<MadeByHand> inner;
            if (!where.empty()) inner.emplace(with_suffix(by_hand.directories(), where));
            const Process foreign;
            move_into(foreign.pid(), inner ? inner->directories() : by_hand.directories());
            const Failure failure = refusal_of(plan);
            CHECK(failure.doing == "use the cgroup");
            CHECK(failure.reason == concat("it holds processes already (", foreign.pid(), ")"));
            CHECK_THROWS_AS(cgroup::require_unused(plan), Error);
            CHECK_FALSE(foreign.has_ended());
            CHECK(left_of(by_hand.directories()) == by_hand.directories());
        }
    });
}

TEST_CASE("a cgroup that exists and is empty is used, and stays", "[cgroup]") {
    in_each_layout([](Layout) {
        const plan::Cgroup plan = plan_at(unique_name());
        const MadeByHand by_hand(cgroup::directories_of(plan));
        CHECK(cgroup::directories_to_make(plan).empty());
        {
            const Cgroup group = Cgroup::create(plan);
            CHECK(group.made().empty());
            const Process process(group.birth_fd());
            group.join(process.pid());
        }
        CHECK(left_of(by_hand.directories()) == by_hand.directories());
    });
}

TEST_CASE("a frozen cgroup, and one below a frozen one, are refused at once", "[cgroup]") {
    in_each_layout([](Layout) {
        const std::string name = unique_name();
        const plan::Cgroup plan = plan_at(name);
        const MadeByHand by_hand(cgroup::directories_of(plan));
        set_frozen(by_hand.directories(), true);
        CHECK(refusal_of(plan).reason == "it is frozen");
        CHECK(refusal_of(plan_at(name + "/below")).reason == "it is frozen");
        CHECK(left_of(with_suffix(by_hand.directories(), "/below")).empty());
        set_frozen(by_hand.directories(), false);
        for (const std::string& directory : by_hand.directories()) {
            if (os::try_write_file(AT_FDCWD, directory + "/freezer.state", "FROZEN") != 0) continue;
            CHECK(refusal_of(plan).object == directory);
            set_frozen({directory}, false);
        }
        CHECK(refusal_of(plan).doing == "nothing: accepted");
    });
}

TEST_CASE("parents are made, and removed when nobody else uses them", "[cgroup]") {
    in_each_layout([](Layout) {
        const std::string top = unique_name();
        const plan::Cgroup first = plan_at(top + "/pod/one");
        const plan::Cgroup second = plan_at(top + "/pod/two");
        const Names tops = cgroup::directories_of(plan_at(top));
        const Names to_make = cgroup::directories_to_make(first);
        CHECK(to_make.size() == 3 * first.directories.size());
        CHECK(to_make[0] == tops[0]);
        CHECK(to_make[2] == tops[0] + "/pod/one");

        std::optional<Cgroup> one = Cgroup::create(first);
        CHECK(one->made() == to_make);
        CHECK(cgroup::directories_to_make(second) == cgroup::directories_of(second));
        Cgroup two = Cgroup::create(second);
        one->release();
        cgroup::remove(to_make);
        CHECK(left_of(cgroup::directories_of(first)).empty());
        CHECK(left_of(tops) == tops);
        CHECK(left_of(cgroup::directories_of(second)) == cgroup::directories_of(second));
        two.release();
        cgroup::remove(cgroup::directories_of(second));
        cgroup::remove(to_make);
        CHECK(left_of(tops).empty());
    });
}

TEST_CASE("a failure half way leaves nothing", "[cgroup]") {
    in_each_layout([](Layout) {
        const std::string top = unique_name();
        plan::Cgroup plan = plan_at(top + "/below");
        const Names tops = cgroup::directories_of(plan_at(top));
        plan::CgroupDirectory missing = plan.directories.back();
        missing.hierarchy.mount_point = "/sys/fs/cgroup/no-such-hierarchy";
        plan.directories.push_back(missing);
        CHECK(refusal_of(plan).code == ENOENT);
        CHECK(left_of(tops).empty());

        plan = plan_at(top + "/below");
        if (!plan.device_list) return;
        plan.device_list->exceptions.emplace_back("nonsense");
        const Failure failure = refusal_of(plan);
        CHECK(failure.doing == "set the device rule 'nonsense' of the cgroup");
        CHECK(left_of(tops).empty());
    });
}

TEST_CASE("joining a cgroup that vanished, or with a process that did, is explained", "[cgroup]") {
    in_each_layout([](Layout) {
        const plan::Cgroup plan = plan_at(unique_name());
        Cgroup group = Cgroup::create(plan);
        group.join_after_birth();
        pid_t ended = 0;
        {
            const Process process;
            ended = process.pid();
        }
        try {
            group.join(ended);
            FAIL("joined");
        } catch (const Error& error) {
            CHECK(error.failure().code == ESRCH);
            CHECK(error.failure().object == plan.directories.front().directory);
        }
        cgroup::remove(cgroup::directories_of(plan));
        const Process process;
        CHECK_THROWS_AS(group.join(process.pid()), Error);
    });
}
