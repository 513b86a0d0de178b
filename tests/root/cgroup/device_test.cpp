// Device rules as the kernel applies them (S6: a missing list denies; S27: the bpf calls do not write past their buffers).
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

#include "catch.hpp"
#include "cgroups.hpp"
#include "rt/base/text.hpp"
#include "rt/os/bpf.hpp"
#include "rt/os/file.hpp"

using namespace rt;
using namespace rt::test;
using cgroup::Cgroup;

namespace {

struct Node {
    char type;
    unsigned major;
    unsigned minor;
};

constexpr Node null{'c', 1, 3};
constexpr Node kernel_log{'c', 1, 11};
constexpr Node loop{'b', 7, 0};

// Makes the node and opens it: the errno of what failed, or 0.
int try_use(const std::string& directory, Node node, int flags) {
    const std::string path = directory + "/node";
    const mode_t type = node.type == 'b' ? S_IFBLK : S_IFCHR;
    if (::mknod(path.c_str(), type | 0600, makedev(node.major, node.minor)) < 0) return errno;
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK);
    const int code = fd < 0 ? errno : 0;
    if (fd >= 0) ::close(fd);
    ::unlink(path.c_str());
    return code;
}

class Workshop {
public:
    Workshop() {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
        const int code = try_use(path_, kernel_log, O_RDONLY);
        if (code != 0) SKIP_TEST("nodes can't be made and opened here: " + std::to_string(code));
    }
    Workshop(const Workshop&) = delete;
    Workshop& operator=(const Workshop&) = delete;
    ~Workshop() { ::rmdir(path_.c_str()); }

    // What a process of a container with these rules gets.
    int use(const std::vector<spec::DeviceRule>& rules, Node node, int flags) const {
        return use(plan_at(unique_name(), rules), node, flags);
    }
    int use(const plan::Cgroup& plan, Node node, int flags) const {
        Cgroup group = Cgroup::create(plan);
        group.join_after_birth();
        Process process([&] { return try_use(path_, node, flags); });
        group.join(process.pid());
        return process.finish();
    }

private:
    std::string path_ = "/tmp/rt-device-XXXXXX";
};

void forbid_small_bpf_attributes() {
    const auto check = [](std::size_t offset) {
        return sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
    };
    std::array<sock_filter, 6> filter{
        check(offsetof(seccomp_data, nr)),
        sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 3),
        check(offsetof(seccomp_data, args) + 2 * sizeof(std::uint64_t)),
        sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4096, 1, 0),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    sock_fprog program{.len = filter.size(), .filter = filter.data()};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
        ::_exit(3);
    }
}

spec::DeviceRule rule(bool allow, spec::DeviceRuleType type, std::optional<std::uint32_t> major = {},
                      std::optional<std::uint32_t> minor = {}, std::string access = "") {
    return {.allow = allow, .type = type, .major = major, .minor = minor, .access = std::move(access)};
}

using enum spec::DeviceRuleType;

}  // namespace

TEST_CASE("an empty list and one that denies all: only the customary devices open", "[cgroup][device]") {
    const Workshop workshop;
    in_each_layout([&](Layout) {
        for (const auto& rules : {std::vector<spec::DeviceRule>{}, {rule(false, all, {}, {}, "rwm")}}) {
            CHECK(workshop.use(rules, null, O_RDWR) == 0);
            CHECK(workshop.use(rules, {'c', 1, 9}, O_RDWR) == 0);
            CHECK(workshop.use(rules, {'c', 5, 2}, O_RDWR) == ENOENT);  // ptmx looks for a devpts beside it
            CHECK(workshop.use(rules, kernel_log, O_RDONLY) == EPERM);
            CHECK(workshop.use(rules, kernel_log, O_WRONLY) == EPERM);
            CHECK(workshop.use(rules, loop, O_RDONLY) == EPERM);
            CHECK(workshop.use(rules, {'c', 1, 1}, O_RDONLY) == EPERM);
        }
    });
}

TEST_CASE("rules apply in listed order", "[cgroup][device]") {
    const Workshop workshop;
    in_each_layout([&](Layout layout) {
        const std::vector<spec::DeviceRule> read_only{rule(false, all), rule(true, character, 1, 11, "r")};
        CHECK(workshop.use(read_only, kernel_log, O_RDONLY) == 0);
        CHECK(workshop.use(read_only, kernel_log, O_RDWR) == EPERM);
        CHECK(workshop.use({rule(true, character, 1, 11, "rw"), rule(false, character, 1, 11, "w")}, kernel_log,
                           O_RDWR) == EPERM);
        CHECK(workshop.use({rule(true, character, 1), rule(false, all)}, kernel_log, O_RDONLY) == EPERM);
        CHECK(workshop.use({rule(false, all), rule(true, all)}, kernel_log, O_RDWR) == 0);
        const std::vector<spec::DeviceRule> all_but{rule(true, all), rule(false, character, 1, 11, "w")};
        CHECK(workshop.use(all_but, kernel_log, O_RDONLY) == 0);
        CHECK(workshop.use(all_but, kernel_log, O_RDWR) == EPERM);
        // Two rules together allow what is asked for in one open.
        CHECK(workshop.use({rule(true, character, 1, {}, "r"), rule(true, character, {}, 11, "w")}, kernel_log,
                           O_RDWR) == 0);
        const std::vector<spec::DeviceRule> hole{rule(true, character, 1), rule(false, character, 1, 11)};
        if (layout == Layout::unified) {
            CHECK(workshop.use(hole, kernel_log, O_RDONLY) == EPERM);
            CHECK(workshop.use(hole, {'c', 1, 5}, O_RDONLY) == 0);
        }
    });
}

TEST_CASE("on a cgroup that stays, the rules of the last container count", "[cgroup][device]") {
    const Workshop workshop;
    in_each_layout([&](Layout) {
        const std::string name = unique_name();
        const MadeByHand by_hand(cgroup::directories_of(plan_at(name)));
        CHECK(workshop.use(plan_at(name), kernel_log, O_RDONLY) == EPERM);
        CHECK(workshop.use(plan_at(name, {rule(true, character, 1, 11)}), kernel_log, O_RDONLY) == 0);
        CHECK(workshop.use(plan_at(name), kernel_log, O_RDONLY) == EPERM);
    });
}

// Kernels 6.17 to 7.1 write behind a bpf attribute of the size that the headers have, which no sanitizer sees. So in a
// process where bpf(2) with an attribute of less than a page fails, everything works.
TEST_CASE("each bpf call gives the kernel a whole page", "[cgroup][device]") {
    const UnifiedView view;
    const plan::Cgroup plan = plan_at(unique_name());
    const MadeByHand by_hand(cgroup::directories_of(plan));
    Process process([&] {
        forbid_small_bpf_attributes();
        bpf_attr small{};
        if (::syscall(SYS_bpf, BPF_PROG_LOAD, &small, sizeof small) == 0 || errno != EXDEV) return 2;
        for (int i = 0; i < 3; ++i) Cgroup::create(plan).release();
        return 0;
    });
    CHECK(process.finish() == 0);
}

TEST_CASE("a thousand times the device program", "[cgroup][device]") {
    const UnifiedView view;
    const plan::Cgroup plan = plan_at(unique_name());
    const MadeByHand by_hand(cgroup::directories_of(plan));
    for (int i = 0; i < 1000; ++i) {
        Cgroup group = Cgroup::create(plan);
        group.release();
    }
    const os::UniqueFd directory = os::open_at(AT_FDCWD, by_hand.directories().front(), O_RDONLY | O_DIRECTORY);
    CHECK(os::own_device_programs(directory.get()).size() == 1);
}

TEST_CASE("a very long list of rules becomes a program that the kernel takes", "[cgroup][device]") {
    const Workshop workshop;
    const UnifiedView view;
    std::vector<spec::DeviceRule> rules;
    for (unsigned minor = 0; minor < 2000; ++minor) rules.push_back(rule(true, block, 4000, minor));
    for (unsigned minor = 0; minor < 300; ++minor) rules.push_back(rule(true, block, 4001, minor, "r"));
    CHECK(workshop.use(rules, null, O_RDWR) == 0);
    CHECK(workshop.use(rules, kernel_log, O_RDONLY) == EPERM);
}
