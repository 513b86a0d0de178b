#include "rt/os/bystander.hpp"

#include <unistd.h>

#include <cerrno>

#include "rt/base/text.hpp"
#include "rt/os/socket.hpp"

namespace rt::os {

namespace {

[[noreturn]] void stand(UniqueFd line, int joined) noexcept {
    try {
        const int code = joined < 0 ? 0 : try_join_namespace(joined, 0);
        if (try_send_packet(line.get(), std::to_string(code)) == 0) receive_packet(line.get());
    } catch (...) {  // the end of the line says it all
    }
    ::_exit(0);
}

}  // namespace

std::optional<Bystander> Bystander::try_start(std::uint64_t flags, int joined) {
    auto [ours, theirs] = make_socket_pair();
    std::optional<Clone> clone = try_clone_process(flags, -1);
    if (!clone) return std::nullopt;
    if (clone->pid == 0) {
        ours.reset();
        stand(std::move(theirs), joined);
    }
    theirs.reset();
    std::optional<Bystander> bystander(Bystander(Child(clone->pid, std::move(clone->pidfd)), std::move(ours)));
    const int code = parse_number<int>(receive_packet(bystander->line_.get()).data).value_or(ECHILD);
    if (code != 0) bystander.reset();
    errno = code;
    return bystander;
}

}  // namespace rt::os
