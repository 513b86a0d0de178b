#include "rt/seccomp/cache.hpp"

#include <linux/seccomp.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "catch.hpp"
#include "rt/seccomp/compile.hpp"
#include "unit/os/scratch.hpp"

using namespace rt;
using rt::test::Scratch;

namespace {

plan::Seccomp filter_of(const std::string& name, std::uint32_t action = SECCOMP_RET_ERRNO | 1) {
    return {.default_action = SECCOMP_RET_ALLOW,
            .architectures = {*std::ranges::find(plan::seccomp_architectures, plan::native_architecture(),
                                                 &plan::SeccompArchitecture::name)},
            .rules = {{.names = {name}, .action = action}}};
}

seccomp::Program recall(const plan::Seccomp& plan, const std::string& root, const std::string& build = "0.1 abc") {
    return seccomp::compile_or_recall(plan, root, build);
}

std::vector<std::filesystem::path> kept_in(const std::string& root) {
    std::vector<std::filesystem::path> files;
    if (!std::filesystem::exists(root + "/.seccomp")) return files;
    for (const auto& entry : std::filesystem::directory_iterator(root + "/.seccomp")) files.push_back(entry.path());
    return files;
}

bool same(const seccomp::Program& one, const seccomp::Program& other) {
    return one.size() == other.size() &&
           std::equal(one.begin(), one.end(), other.begin(), [](const sock_filter& a, const sock_filter& b) {
               return a.code == b.code && a.jt == b.jt && a.jf == b.jf && a.k == b.k;
           });
}

std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("a filter is compiled once and recalled", "[seccomp][cache]") {
    const Scratch scratch;
    const std::string root = scratch.make_directory("rt");
    const plan::Seccomp plan = filter_of("mkdir");
    const seccomp::Program compiled = seccomp::compile(plan);
    CHECK(same(recall(plan, root), compiled));
    REQUIRE(kept_in(root).size() == 1);
    struct stat status{};
    REQUIRE(::stat((root + "/.seccomp").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0700);

    SECTION("it is the file that is used") {
        // The last instruction returns; another value of it shows where the program came from.
        std::string text = read(kept_in(root).front());
        text.back() = static_cast<char>(text.back() ^ 1);
        write(kept_in(root).front(), text);
        CHECK_FALSE(same(recall(plan, root), compiled));
    }
    SECTION("every part of the plan makes another program") {
        CHECK(same(recall(filter_of("rmdir"), root), seccomp::compile(filter_of("rmdir"))));
        const plan::Seccomp other = filter_of("mkdir", SECCOMP_RET_ERRNO | 2);
        CHECK(same(recall(other, root), seccomp::compile(other)));
        CHECK(kept_in(root).size() == 3);
    }
    SECTION("another build of rt compiles anew") {
        CHECK(same(recall(plan, root, "0.1 abd"), compiled));
        CHECK(kept_in(root).size() == 2);
    }
    SECTION("a file that holds the program of another plan is not believed") {
        recall(filter_of("rmdir"), root);
        const auto files = kept_in(root);
        const std::string one = read(files[0]);
        const std::string other = read(files[1]);
        write(files[0], other);
        write(files[1], one);
        CHECK(same(recall(plan, root), compiled));
    }
    SECTION("nor is one that was cut off, or that others may write") {
        const auto file = kept_in(root).front();
        const std::string text = read(file);
        for (const std::size_t length : {std::size_t{0}, std::size_t{1}, text.size() - 3}) {
            write(file, text.substr(0, length));
            CHECK(same(recall(plan, root), compiled));
        }
        std::string changed = text;
        changed.back() = static_cast<char>(changed.back() ^ 1);
        write(file, changed);
        REQUIRE(::chmod(file.c_str(), 0622) == 0);
        CHECK(same(recall(plan, root), compiled));
    }
}

TEST_CASE("a cache that others may write, or that is a link, is left alone", "[seccomp][cache]") {
    const Scratch scratch;
    const std::string root = scratch.make_directory("rt");
    const std::string elsewhere = scratch.make_directory("elsewhere");
    const plan::Seccomp plan = filter_of("mkdir");
    const seccomp::Program compiled = seccomp::compile(plan);
    SECTION("a directory that others may write") {
        scratch.make_directory("rt/.seccomp");
        REQUIRE(::chmod((root + "/.seccomp").c_str(), 0777) == 0);
    }
    SECTION("a state directory that others may write") { REQUIRE(::chmod(root.c_str(), 0777) == 0); }
    SECTION("a link") { std::filesystem::create_directory_symlink(elsewhere, root + "/.seccomp"); }
    CHECK(same(recall(plan, root), compiled));
    CHECK(kept_in(root).empty());
    CHECK(std::filesystem::is_empty(elsewhere));
}

TEST_CASE("without a state directory a filter is compiled and kept nowhere", "[seccomp][cache]") {
    const Scratch scratch;
    const plan::Seccomp plan = filter_of("mkdir");
    CHECK(same(recall(plan, scratch / "rt"), seccomp::compile(plan)));
    CHECK_FALSE(std::filesystem::exists(scratch / "rt"));
}

TEST_CASE("32 filters are kept, and the oldest go", "[seccomp][cache]") {
    const Scratch scratch;
    const std::string root = scratch.make_directory("rt");
    recall(filter_of("mkdir", SECCOMP_RET_ERRNO | 1), root);
    const auto first = kept_in(root).front();
    std::filesystem::last_write_time(first, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
    for (std::uint32_t number = 2; number <= 33; ++number) {
        recall(filter_of("mkdir", SECCOMP_RET_ERRNO | number), root);
    }
    CHECK(kept_in(root).size() == 32);
    CHECK_FALSE(std::filesystem::exists(first));
}
