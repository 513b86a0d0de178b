#include "rt/os/command.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/os/file.hpp"

namespace rt::os {

std::optional<CommandOutput> try_run(const std::string& path, const std::vector<std::string>& arguments, int stream) {
    if (::access(path.c_str(), X_OK) < 0) return std::nullopt;
    std::vector<std::string> words{path};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const std::vector<char*> pointers = pointers_to(words);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0) throw_errno("make a pipe for", path);
    const UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    const std::optional<Clone> child = try_clone_process(0, -1);
    if (!child) throw_errno("start", path);
    if (child->pid == 0) {
        ::dup2(write_end.get(), stream);
        ::execve(path.c_str(), pointers.data(), environ);
        ::_exit(127);
    }
    write_end.reset();
    CommandOutput output{.text = read_all(read_end.get(), path), .status = {}};
    output.status = wait_for(child->pidfd.get());
    return output;
}

}  // namespace rt::os
