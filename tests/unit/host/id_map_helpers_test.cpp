#include "rt/host/id_map_helpers.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>

#include "catch.hpp"
#include "refusal.hpp"
#include "unit/os/child.hpp"
#include "unit/os/scratch.hpp"

using namespace rt;
using rt::test::Scratch;

namespace {

// setcap(8) writes so: version 2, the capability permitted, with the effective bit.
bool try_give_capability(const std::string& path, unsigned capability) {
    const vfs_cap_data data{.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
                            .data = {{.permitted = 1U << capability, .inheritable = 0}, {}}};
    return ::setxattr(path.c_str(), "security.capability", &data, sizeof data, 0) == 0;
}

}  // namespace

TEST_CASE("a helper is the first executable file of that name in an absolute directory", "[subordinate-ids]") {
    const Scratch scratch;
    const std::string a = scratch.make_directory("a");
    const std::string b = scratch.make_directory("b");
    const std::string c = scratch.make_directory("c");
    scratch.make_file("a/tool", "", 0644);
    scratch.make_directory("b/tool");
    scratch.make_file("c/tool", "", 0755);
    CHECK(host::find_helper("tool", a + ":" + b + ":" + c + ":/bin") == c + "/tool");
    CHECK(host::find_helper("tool", a + ":" + b).empty());
    CHECK(host::find_helper("tool", "").empty());
    REQUIRE(::chdir(scratch.path().c_str()) == 0);
    CHECK(host::find_helper("tool", "c::./c:.").empty());
    REQUIRE(::chdir("/") == 0);
}

TEST_CASE("why a helper has no privileges", "[subordinate-ids]") {
    const Scratch scratch;
    const std::string helper = scratch.make_file("newuidmap", "", 0755);
    const auto reason = [&](unsigned capability = CAP_SETUID) {
        return host::explain_powerless_helper(helper, capability).reason;
    };
    CHECK(test::has(reason(), "neither the set-user-ID bit"));
    CHECK(test::has(host::explain_powerless_helper(helper, CAP_SETUID).hint, "chmod u+s " + helper));
    if (::geteuid() != 0) SKIP_TEST("files of root, and their capabilities, need root");
    REQUIRE(::chmod(helper.c_str(), 04755) == 0);
    CHECK(reason().empty());
    REQUIRE(::chown(helper.c_str(), 5, 5) == 0);
    REQUIRE(::chmod(helper.c_str(), 04755) == 0);
    CHECK(test::has(reason(), "belongs to uid 5"));
    REQUIRE(::chown(helper.c_str(), 0, 0) == 0);
    REQUIRE(::chmod(helper.c_str(), 0755) == 0);
    CHECK(test::in_child([&] {
              ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
              return std::string(test::has(reason(), "no_new_privs") ? "told" : "not told");
          }) == "told");
    if (!try_give_capability(helper, CAP_SETUID)) SKIP_TEST("no file capabilities here");
    CHECK(reason().empty());
    CHECK(test::has(reason(CAP_SETGID), "nor the file capability"));
}
