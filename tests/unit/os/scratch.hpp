// A directory of its own for a test; it is removed at the end with all that is in it.
#pragma once

#include <sys/types.h>

#include <string>

namespace rt::test {

class Scratch {
public:
    Scratch();
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    int fd() const noexcept { return fd_; }
    const std::string& path() const noexcept { return path_; }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

    // Makes it with exactly that mode, whatever the umask is; gives its path.
    std::string make_file(const std::string& name, const std::string& text = "", mode_t mode = 0644) const;
    std::string make_directory(const std::string& name, mode_t mode = 0755) const;
    std::string make_link(const std::string& name, const std::string& target) const;

    // "absent", or the text of the file.
    std::string text_of(const std::string& name) const;
    mode_t mode_of(const std::string& name) const;
    bool has(const std::string& name) const;

private:
    std::string path_;
    int fd_;
};

}  // namespace rt::test
