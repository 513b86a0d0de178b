#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rt/base/error.hpp"

namespace rt::init {

/// The steps in which the runtime and init build a container, in this order (src/README.md, "Choreography").
enum class Step : std::uint8_t {
    join_cgroups,        ///< runtime: init is in its cgroups
    map_ids,             ///< runtime: the mappings of the new user namespace are written
    namespaces_ready,    ///< init: every namespace of the container exists, and init is in it
    furnish_namespaces,  ///< runtime: what only the host can bring into them is there
    prepare_rootfs,      ///< init: every mount and device is there
    run_runtime_hooks,   ///< runtime: the prestart and createRuntime hooks have run; the rootfs is not entered yet
    ready,               ///< init: it only waits for start
    commit,              ///< runtime: the container is recorded as created (or goes on at once: run)
    run_start_hooks      ///< init, for whoever starts it: the startContainer hooks have run
};

/// What the two sides say to each other. Descriptors travel beside it.
struct Message {
    enum class Kind : std::uint8_t {
        done,          ///< the step is done
        failure,       ///< the sender gave up; `failure` says why
        trees_wanted,  ///< init asks for the tree of mount `first`, which only the runtime can open
                       ///< or, when `first` is the number of mounts, the tree with the device nodes of the runtime
        trees,         ///< the answer: the descriptors of mounts_to_send(first), or that one
        console,       ///< init hands over the master side of the terminal
        init_pid,      ///< `first` is the pid of init: from the process before it, or from the runtime, as that counts
        warning,       ///< the sender wants `failure`.reason to be told the user, and goes on
        mapping_wanted,  ///< init asks for the id-mapped mount `first` (rootfs::MountSource); the answer is `trees`
        attaching,       ///< init shows the tree of the rootfs before it attaches that where others see it; likewise
        finding          ///< a rehearsal: `failure` would have ended it
    };

    Kind kind = Kind::done;
    Step step = Step::join_cgroups;
    std::uint32_t first = 0;
    std::optional<Failure> failure;
};

/// The bytes of a message: fixed fields, then each text with its length in 32 bits (CVE-2021-43784: 16 bits overflowed).
std::string encode(const Message& message);

/// Reads a message; empty for anything that encode() does not produce.
std::optional<Message> decode(std::string_view bytes);

}  // namespace rt::init
