#include <sys/stat.h>
#include <unistd.h>

#include "catch.hpp"
#include "container.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/rootfs/reach.hpp"

using namespace rt;
using namespace rt::test;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

RootfsCase mapped_case() {
    RootfsCase wanted;
    wanted.config.root.path = "rootfs";
    wanted.config.mounts = {{.destination = "/dev", .type = "tmpfs"}};
    wanted.user_namespace = true;
    wanted.inside = [](int) { return content("/file"); };
    return wanted;
}

}  // namespace

TEST_CASE("a directory above the rootfs that the mapped root may not search is no obstacle", "[rootfs][reach]") {
    RootfsCase wanted = mapped_case();
    wanted.config.root.path = "closed/rootfs";
    wanted.config.mounts.push_back(
        {.destination = "/data", .type = "none", .source = "closed/data", .options = {"rbind"}});
    wanted.arrange = [](const std::string& bundle) {
        make_directory(bundle + "/closed", 0700);
        for (const char* name : {"/closed/rootfs", "/closed/rootfs/dev", "/closed/rootfs/data", "/closed/data"}) {
            make_directory(bundle + name);
        }
        make_file(bundle + "/closed/rootfs/file", "read ");
        make_file(bundle + "/closed/data/file", "data");
    };
    wanted.inside = [](int) { return content("/file") + content("/data/file"); };
    CHECK(run_in_rootfs(wanted).inside == "read data");
}

TEST_CASE("a rootfs that the mapped root may not search is refused in words", "[rootfs][reach]") {
    RootfsCase wanted = mapped_case();
    wanted.arrange = [](const std::string& bundle) { ::chmod((bundle + "/rootfs").c_str(), 0700); };
    const std::string text = run_in_rootfs(wanted).inside;
    INFO(text);
    CHECK(contains(text, "cannot enter the rootfs '"));
    CHECK(
        contains(text, "host uid 100000 (root of the container) may not search it (mode 0700, owner on the host 0:0)"));
    CHECK(contains(text, "(EACCES)"));
    CHECK(contains(text, "hint: "));
}

TEST_CASE("a rootfs of the mapped root with mode 0700: root may, another user of the container may not",
          "[rootfs][reach]") {
    RootfsCase wanted = mapped_case();
    wanted.arrange = [](const std::string& bundle) {
        const std::string path = bundle + "/rootfs";
        make_file(path + "/file", "read");
        ::chmod(path.c_str(), 0700);
        CHECK(::chown(path.c_str(), 100000, 100000) == 0);
    };
    CHECK(run_in_rootfs(wanted).inside == "read");
    wanted.config.process.emplace();
    wanted.config.process->user.uid = 33;
    wanted.config.process->user.gid = 33;
    const std::string text = run_in_rootfs(wanted).inside;
    CHECK(contains(text, "host uid 100033 (uid 33 of the container, /process/user) may not search it"));
}

TEST_CASE("the same as an ordinary user, where init itself opens the rootfs", "[rootfs][reach]") {
    RootfsCase wanted = mapped_case();
    wanted.rootless = true;
    wanted.arrange = [](const std::string& bundle) {
        make_file(bundle + "/rootfs/file", "read");
        ::chmod((bundle + "/rootfs").c_str(), 0700);
        CHECK(::chown((bundle + "/rootfs").c_str(), 100000, 100000) == 0);
    };
    CHECK(run_in_rootfs(wanted).inside == "read");
    wanted.arrange = [](const std::string& bundle) { ::chmod((bundle + "/rootfs").c_str(), 0700); };
    CHECK(contains(run_in_rootfs(wanted).inside, "host uid 100000 (root of the container) may not search it"));
}

TEST_CASE("a directory inside the rootfs that the mapped root may not search, on the way to a mount",
          "[rootfs][reach]") {
    RootfsCase wanted = mapped_case();
    wanted.config.mounts.push_back({.destination = "/closed/in/it", .type = "tmpfs"});
    wanted.arrange = [](const std::string& bundle) { make_directory(bundle + "/rootfs/closed", 0700); };
    const std::string text = run_in_rootfs(wanted).inside;
    INFO(text);
    CHECK(contains(text,
                   "mount 1 (tmpfs on /closed/in/it): cannot open in the rootfs '/closed/in/it': '/closed' may not be "
                   "searched by this process (mode 0700, owner on the host not mapped:not mapped)"));
    CHECK(contains(text, "host uid 100000"));
}

TEST_CASE("a rootfs that does not exist or is a file", "[rootfs][reach]") {
    RootfsCase wanted = mapped_case();
    wanted.config.root.path = "missing";
    CHECK(contains(run_in_rootfs(wanted).inside, "cannot open the rootfs '"));
    wanted.config.root.path = "file";
    wanted.arrange = [](const std::string& bundle) { make_file(bundle + "/file"); };
    CHECK(contains(run_in_rootfs(wanted).inside, "(ENOTDIR)"));
}

TEST_CASE("why a program may not be executed", "[rootfs][reach]") {
    struct Row {
        const char* path;
        const char* words;
    };
    for (const Row& row :
         {Row{"/closed/program",
              "'/closed' may not be searched by this process (mode 0700, owner on the host 0:0) [rights]"},
          Row{"/plain", "'/plain' may not be executed by this process (mode 0644, owner on the host 0:0) [rights]"},
          Row{"/script", "its interpreter '/missing/shell' does not exist in the rootfs"},
          Row{"/through", "its interpreter '/closed/program': '/closed' may not be searched"},
          Row{"/closed", "'/closed' is a directory"}, Row{"/good", "(nothing)"}}) {
        INFO(row.path);
        RootfsCase wanted = mapped_case();
        wanted.user_namespace = false;
        wanted.arrange = [](const std::string& bundle) {
            make_directory(bundle + "/rootfs/closed", 0700);
            make_file(bundle + "/rootfs/closed/program");
            make_file(bundle + "/rootfs/plain");
            make_file(bundle + "/rootfs/script", "#! /missing/shell -x\n");
            make_file(bundle + "/rootfs/through", "#!/closed/program\n");
            make_file(bundle + "/rootfs/good", "#!/script\n");
            for (const char* name : {"script", "through", "good"})
                ::chmod(concat(bundle, "/rootfs/", name).c_str(), 0755);
        };
        wanted.inside = [&](int) {
            if (::setresuid(1000, 1000, 1000) < 0) return std::string("setresuid");
            const os::UniqueFd root = os::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
            const auto refusal = rootfs::explain_refused_program(root.get(), row.path, {});
            if (!refusal) return std::string("(nothing)");
            return concat(refusal->text, refusal->of_rights ? " [rights]" : "");
        };
        CHECK(contains(run_in_rootfs(wanted).inside, row.words));
    }
}
