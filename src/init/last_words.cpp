#include "rt/init/last_words.hpp"

#include <unistd.h>

#include <cerrno>
#include <new>

#include "rt/base/text.hpp"
#include "rt/init/message.hpp"
#include "rt/os/socket.hpp"

namespace rt::init {

void send_failure(int channel, Failure failure) noexcept {
    try {
        os::try_write_packet(channel, encode({.kind = Message::Kind::failure, .failure = std::move(failure)}));
    } catch (...) {  // no memory to say it: the peer sees the end of the line
    }
}

void live(const std::function<void()>& work, const std::function<int()>& channel) noexcept {
    try {
        work();
    } catch (const Error& error) {
        send_failure(channel(), error.failure());
    } catch (const std::bad_alloc&) {
        send_failure(channel(), {.doing = "go on", .code = ENOMEM});
    } catch (const std::exception& error) {
        send_failure(channel(), {.doing = "go on", .reason = concat("a mistake in rt: ", error.what())});
    }
    ::_exit(1);
}

}  // namespace rt::init
