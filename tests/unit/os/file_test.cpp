#include "rt/os/file.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "catch.hpp"
#include "rt/base/error.hpp"
#include "rt/os/umask.hpp"
#include "unit/os/child.hpp"
#include "unit/os/scratch.hpp"

using namespace rt;
using rt::test::Scratch;

namespace {

template <class Work>
int errno_of(Work work) {
    try {
        work();
    } catch (const Error& error) {
        return error.failure().code;
    }
    return 0;
}

std::string content(const os::UniqueFd& fd) {
    return fd ? os::read_all(fd.get(), "") : "errno " + std::to_string(errno);
}

std::vector<std::string> sorted_names(const Scratch& scratch) {
    std::vector<std::string> names = os::names_in(scratch.fd(), scratch.path());
    std::ranges::sort(names);
    return names;
}

}  // namespace

TEST_CASE("opened files are close-on-exec, and a failure names the path", "[os][file]") {
    const Scratch scratch;
    scratch.make_file("a", "text");
    const os::UniqueFd fd = os::open_at(scratch.fd(), "a", O_RDONLY);
    CHECK((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK_FALSE(os::try_open_at(scratch.fd(), "b", O_RDONLY));
    CHECK(errno == ENOENT);
    CHECK_THROWS_WITH(os::open_at(scratch.fd(), "b", O_RDONLY), "cannot open 'b': no such file or directory (ENOENT)");
}

TEST_CASE("below a rootfs every link stays inside, absolute and dotted ones too", "[os][file]") {
    const Scratch scratch;
    scratch.make_file("secret", "outside");
    scratch.make_directory("root");
    scratch.make_directory("root/etc");
    scratch.make_file("root/etc/secret", "inside");
    scratch.make_file("root/secret", "inside");
    scratch.make_link("root/absolute", "/etc/secret");
    scratch.make_link("root/dotted", "../../../../secret");
    scratch.make_link("root/etc/up", "../..");
    const os::UniqueFd root = os::open_at(scratch.fd(), "root", O_PATH | O_DIRECTORY);
    for (const char* path : {"absolute", "dotted", "etc/up/secret", "/etc/secret", "../secret", "etc/../../secret"}) {
        CAPTURE(path);
        CHECK(content(os::try_open_in_root(root.get(), path, O_RDONLY)) == "inside");
    }
    CHECK_FALSE(os::try_open_in_root(root.get(), "nothing", O_RDONLY));
    CHECK(errno == ENOENT);
    CHECK(errno_of([&] { os::open_in_root(root.get(), "nothing", O_RDONLY); }) == ENOENT);
}

TEST_CASE("below a rootfs a magic link of proc is not followed", "[os][file]") {
    const os::UniqueFd host = os::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
    CHECK(errno_of([&] { os::open_in_root(host.get(), "proc/self/root/etc", O_PATH); }) == ELOOP);
    CHECK(errno_of([&] { os::open_in_root(host.get(), "proc/self/exe", O_RDONLY); }) == ELOOP);
}

TEST_CASE("a file is made below a rootfs with its mode", "[os][file]") {
    const Scratch scratch;
    const os::UmaskScope umask(0);
    CHECK(os::open_in_root(scratch.fd(), "new", O_WRONLY | O_CREAT | O_EXCL, 0640));
    CHECK(scratch.mode_of("new") == 0640);
    CHECK(os::open_in_root(scratch.fd(), "new", O_RDONLY, 0640));  // a mode without O_CREAT is no error
}

TEST_CASE("beneath a directory nothing leaves it, and no link is followed", "[os][file]") {
    const Scratch scratch;
    scratch.make_directory("d");
    scratch.make_file("d/a", "text");
    scratch.make_file("b", "outside");
    scratch.make_link("d/link", "a");
    const os::UniqueFd dir = os::open_at(scratch.fd(), "d", O_PATH | O_DIRECTORY);
    CHECK(content(os::try_open_beneath(dir.get(), "a", O_RDONLY)) == "text");
    CHECK(errno_of([&] { os::open_beneath(dir.get(), "../b", O_RDONLY); }) == EXDEV);
    CHECK(errno_of([&] { os::open_beneath(dir.get(), scratch / "b", O_RDONLY); }) == EXDEV);
    CHECK(errno_of([&] { os::open_beneath(dir.get(), "link", O_RDONLY); }) == ELOOP);
}

TEST_CASE("a file is read whole, up to the limit", "[os][file]") {
    const Scratch scratch;
    for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 100000U}) {
        const std::string text(size, 'x');
        scratch.make_file("a", text);
        CHECK(os::read_file(scratch.fd(), "a", size) == text);
        CHECK(os::try_read_file(scratch.fd(), "a") == text);
        if (size > 0) CHECK_THROWS_AS(os::read_file(scratch.fd(), "a", size - 1), Error);
    }
    CHECK_FALSE(os::try_read_file(scratch.fd(), "b"));
    CHECK(errno == ENOENT);
    CHECK_FALSE(os::try_read_file(scratch.fd(), "."));
    CHECK(errno == EISDIR);
}

TEST_CASE("only an existing file is written in place", "[os][file]") {
    const Scratch scratch;
    scratch.make_file("a", "12345");
    os::write_file(scratch.fd(), "a", "ab");
    CHECK(scratch.text_of("a") == "ab345");
    CHECK(os::try_write_file(scratch.fd(), "b", "x") == ENOENT);
    CHECK_FALSE(scratch.has("b"));
    CHECK(errno_of([&] { os::write_file(scratch.fd(), "b", "x"); }) == ENOENT);
    CHECK(errno_of([] { os::write_all(-1, "x", "it"); }) == EBADF);
}

TEST_CASE("a replaced file has its mode whatever the umask is, and leaves no other file", "[os][file]") {
    for (const mode_t mask : {0U, 022U, 077U, 0777U}) {
        const Scratch scratch;
        const os::UmaskScope umask(mask);
        os::replace_file(scratch.fd(), "state.json", "old", 0644);
        CHECK(scratch.mode_of("state.json") == 0644);
        os::replace_file(scratch.fd(), "state.json", "new", 0600);
        CHECK(scratch.mode_of("state.json") == 0600);
        CHECK(scratch.text_of("state.json") == "new");
        CHECK(sorted_names(scratch) == std::vector<std::string>{"state.json"});
    }
}

TEST_CASE("who has the old file open reads the old text: it is replaced, not written", "[os][file]") {
    const Scratch scratch;
    os::replace_file(scratch.fd(), "a", "old", 0644);
    const os::UniqueFd reader = os::open_at(scratch.fd(), "a", O_RDONLY);
    os::replace_file(scratch.fd(), "a", "new", 0644);
    CHECK(content(reader) == "old");
}

TEST_CASE("replacing a link leaves what it points to alone", "[os][file]") {
    const Scratch scratch;
    scratch.make_file("target", "kept");
    scratch.make_link("a", "target");
    os::replace_file(scratch.fd(), "a", "new", 0644);
    CHECK(scratch.text_of("target") == "kept");
    CHECK(scratch.text_of("a") == "new");
}

TEST_CASE("a failed replacement leaves the old file and nothing else", "[os][file]") {
    const Scratch scratch;
    scratch.make_directory("a");  // rename(2) cannot put a file in its place
    CHECK(errno_of([&] { os::replace_file(scratch.fd(), "a", "x", 0644); }) == EISDIR);
    CHECK(sorted_names(scratch) == std::vector<std::string>{"a"});
}

TEST_CASE("a link is read whole, however long", "[os][file]") {
    const Scratch scratch;
    for (const std::size_t length : {1U, 255U, 256U, 257U, 3000U}) {
        const std::string target(length, 't');
        scratch.make_link("l", target);
        CHECK(os::try_read_link(scratch.fd(), "l") == target);
        ::unlinkat(scratch.fd(), "l", 0);
    }
    scratch.make_file("f");
    CHECK_FALSE(os::try_read_link(scratch.fd(), "f"));
    CHECK(errno == EINVAL);
}

TEST_CASE("a directory is listed as often as one likes", "[os][file]") {
    const Scratch scratch;
    CHECK(sorted_names(scratch).empty());
    scratch.make_file("b");
    scratch.make_directory(".a");
    CHECK(sorted_names(scratch) == std::vector<std::string>{".a", "b"});
    CHECK(sorted_names(scratch) == std::vector<std::string>{".a", "b"});
    CHECK(errno_of([] { os::names_in(-1, "it"); }) == EBADF);
}

TEST_CASE("a tree is removed, and what its links point to stays", "[os][file]") {
    const Scratch scratch;
    scratch.make_directory("outside");
    scratch.make_file("outside/kept", "text");
    scratch.make_directory("tree");
    scratch.make_directory("tree/deep");
    scratch.make_directory("tree/deep/er");
    scratch.make_file("tree/deep/er/file");
    scratch.make_link("tree/link", "../outside");
    scratch.make_link("tree/deep/absolute", scratch / "outside");
    scratch.make_link("tree/dangling", "nowhere");
    REQUIRE(::mkfifoat(scratch.fd(), "tree/fifo", 0600) == 0);
    CHECK(os::remove_tree(scratch.fd(), "tree") == 0);
    CHECK_FALSE(scratch.has("tree"));
    CHECK(scratch.text_of("outside/kept") == "text");
}

TEST_CASE("a link in the place of a tree is removed itself", "[os][file]") {
    const Scratch scratch;
    scratch.make_directory("outside");
    scratch.make_file("outside/kept", "text");
    scratch.make_link("tree", "outside");
    CHECK(os::remove_tree(scratch.fd(), "tree") == 0);
    CHECK_FALSE(scratch.has("tree"));
    CHECK(scratch.text_of("outside/kept") == "text");
}

TEST_CASE("removing what is gone is no error, and one file is a tree too", "[os][file]") {
    const Scratch scratch;
    CHECK(os::remove_tree(scratch.fd(), "nothing") == 0);
    scratch.make_file("file");
    CHECK(os::remove_tree(scratch.fd(), "file") == 0);
    CHECK_FALSE(scratch.has("file"));
}

TEST_CASE("removing a tree stops at a mount point: what is mounted there belongs to somebody else", "[os][file]") {
    const Scratch scratch;
    scratch.make_directory("outside");
    scratch.make_file("outside/kept", "text");
    scratch.make_directory("tree");
    scratch.make_directory("tree/mount-point");
    const std::string answer = rt::test::in_user_namespace(CLONE_NEWNS, [&] {
        if (::mount((scratch / "outside").c_str(), (scratch / "tree/mount-point").c_str(), nullptr, MS_BIND, nullptr) <
            0)
            return "errno " + std::to_string(errno);
        // A descriptor from before would not see the mounts of this namespace.
        const os::UniqueFd here = os::open_at(AT_FDCWD, scratch.path(), O_RDONLY | O_DIRECTORY);
        const int code = os::remove_tree(here.get(), "tree");
        return std::string(code != 0 ? "refused" : "removed");
    });
    CHECK(answer == "refused");
    CHECK(scratch.text_of("outside/kept") == "text");
}

TEST_CASE("the status of a file is that of the descriptor or path", "[os][file]") {
    const Scratch scratch;
    scratch.make_file("a", "123", 0640);
    scratch.make_link("l", "a");
    const os::UniqueFd fd = os::open_at(scratch.fd(), "a", O_PATH);
    CHECK(os::status_of(fd.get(), "a").st_size == 3);
    CHECK(os::try_status_at(scratch.fd(), "l")->st_size == 3);
    CHECK(S_ISLNK(os::try_status_at(scratch.fd(), "l", AT_SYMLINK_NOFOLLOW)->st_mode));
    CHECK_FALSE(os::try_status_at(scratch.fd(), "b"));
    CHECK(errno_of([] { os::status_of(-1, "it"); }) == EBADF);
    CHECK(os::descriptor_path(7) == "/proc/self/fd/7");
}

TEST_CASE("the umask of before comes back at the end of the scope", "[os]") {
    const mode_t before = ::umask(027);
    {
        const os::UmaskScope scope(0);
        const mode_t inside = ::umask(0);
        CHECK(inside == 0);
    }
    const mode_t after = ::umask(before);
    CHECK(after == 027);
}
