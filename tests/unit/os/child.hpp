// Work in a process of its own: ids, descriptors, signals and namespaces of the test program stay as they are.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

namespace rt::test {

using Work = std::function<std::string()>;

// A child that does the work and then tells what it returned.
class Child {
public:
    explicit Child(const Work& work);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    pid_t pid() const noexcept { return pid_; }
    bool has_ended() const;
    // Waits for it: what the work returned, "threw: ..." after an exception, "exit status N" or "signal N" when it did
    // not come back.
    std::string answer();

private:
    char* shared_;
    pid_t pid_;
};

// The answer of such a child.
std::string in_child(const Work& work);

// The same as root of a new user namespace that maps the own ids only, with these namespaces (CLONE_NEW*) besides. Skips
// the test case where the host forbids user namespaces.
std::string in_user_namespace(int namespaces, const Work& work);

}  // namespace rt::test
