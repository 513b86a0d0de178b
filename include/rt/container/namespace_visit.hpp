#pragma once

#include <vector>

#include "rt/init/init.hpp"
#include "rt/os/procfs.hpp"

namespace rt::container {

/// Takes the calling (single-threaded) process into namespaces of the host for the time of one clone, and home again:
/// the child stays where it was born.
class NamespaceVisit {
public:
    /// \throws Error: a namespace may not be joined; those joined before are left again
    NamespaceVisit(const std::vector<init::OpenNamespace>& namespaces, const std::vector<NamespaceType>& types);
    NamespaceVisit(const NamespaceVisit&) = delete;
    NamespaceVisit& operator=(const NamespaceVisit&) = delete;
    ~NamespaceVisit();

    /// Goes home. \throws Error: then this process is in a wrong namespace and must end
    void go_home();

private:
    std::vector<init::OpenNamespace> homes_;
};

}  // namespace rt::container
