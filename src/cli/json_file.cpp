#include "rt/cli/json_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "rt/os/file.hpp"

namespace rt::cli {

std::string name_of_file(const std::string& file) { return file == "-" ? "standard input" : file; }

spec::Document read_json_file(const std::string& file) {
    const std::string name = name_of_file(file);
    const std::string text = file == "-" ? os::read_all(STDIN_FILENO, name) : os::read_file(AT_FDCWD, file);
    return spec::Document::parse(text, name);
}

}  // namespace rt::cli
