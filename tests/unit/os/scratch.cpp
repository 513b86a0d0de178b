#include "unit/os/scratch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "catch.hpp"

namespace rt::test {

namespace {

std::string make_unique_directory() {
    std::string path = (std::filesystem::temp_directory_path() / "rt-test-XXXXXX").string();
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    return path;
}

}  // namespace

Scratch::Scratch() : path_(make_unique_directory()), fd_(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    REQUIRE(fd_ >= 0);
}

Scratch::~Scratch() {
    ::close(fd_);
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string Scratch::make_file(const std::string& name, const std::string& text, mode_t mode) const {
    const std::string path = *this / name;
    std::ofstream(path) << text;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return path;
}

std::string Scratch::make_directory(const std::string& name, mode_t mode) const {
    const std::string path = *this / name;
    REQUIRE(::mkdir(path.c_str(), 0700) == 0);
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return path;
}

std::string Scratch::make_link(const std::string& name, const std::string& target) const {
    const std::string path = *this / name;
    REQUIRE(::symlink(target.c_str(), path.c_str()) == 0);
    return path;
}

std::string Scratch::text_of(const std::string& name) const {
    const std::ifstream file(*this / name);
    if (!file) return "absent";
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

mode_t Scratch::mode_of(const std::string& name) const {
    struct stat status{};
    REQUIRE(::lstat((*this / name).c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

bool Scratch::has(const std::string& name) const {
    struct stat status{};
    return ::lstat((*this / name).c_str(), &status) == 0;
}

}  // namespace rt::test
