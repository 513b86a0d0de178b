#include "rt/init/line.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <string_view>

#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/os/socket.hpp"

namespace rt::init {

namespace {

struct StepEntry {
    Side side;
    std::string_view doing;  ///< as in "while ..."
};

constexpr std::array<StepEntry, 9> steps{{
    {Side::runtime, "joining the cgroups"},
    {Side::runtime, "writing the id mappings"},
    {Side::init, "making its namespaces"},
    {Side::runtime, "furnishing the namespaces"},
    {Side::init, "preparing the rootfs"},
    {Side::runtime, "running the prestart and createRuntime hooks"},
    {Side::init, "getting ready for start"},
    {Side::runtime, "recording the container"},
    {Side::init, "running the startContainer hooks"},
}};

const StepEntry& entry_of(Step step) { return steps[static_cast<std::size_t>(step)]; }

}  // namespace

Side side_of(Step step) noexcept { return entry_of(step).side; }

PeerGone::PeerGone(Step step)
    : Error({.doing = "finish",
             .object = "",
             .reason =
                 std::string("the process on the other side went away while ") + std::string(entry_of(step).doing)}),
      step_(step) {}

std::string_view doing_of(Step step) noexcept { return entry_of(step).doing; }

Line::Line(os::UniqueFd socket, Side side, Sequence sequence)
    : socket_(std::move(socket)), side_(side), sequence_(std::move(sequence)) {}

bool Line::begins(Step step, Side side) {
    if (side_of(step) != side) throw std::logic_error("a step of the other side");
    if (std::ranges::find(sequence_, step) == sequence_.end()) return false;
    if (next_ >= sequence_.size() || sequence_[next_] != step) throw std::logic_error("a step out of its turn");
    ++next_;
    return true;
}

void Line::await(Step step, const Serve& serve) {
    if (!begins(step, side_ == Side::runtime ? Side::init : Side::runtime)) return;
    const std::string waiting = trace::descriptor() < 0 ? std::string() : concat("wait: ", doing_of(step));
    const trace::Span span(waiting);
    for (;;) {
        auto [message, fds] = receive();
        if (message.kind == Message::Kind::done) {
            if (message.step != step) throw std::logic_error("the peer did another step");
            return;
        }
        if (!serve) throw std::logic_error("a request that nobody serves");
        serve(message, std::move(fds));
    }
}

void Line::send(const Message& message, const std::vector<int>& fds) {
    const int code = os::try_send_packet(socket_.get(), encode(message), fds);
    if (code == 0) return;
    if (code != EPIPE && code != ECONNRESET) throw_errno("send to", "the process on the other side", code);
    // The peer's last words, behind whatever else it said, tell why it went away; its end of file ends this.
    for (;;) receive();
}

void Line::warn(std::string text) {
    send({.kind = Message::Kind::warning, .failure = Failure{.reason = std::move(text)}});
}

std::pair<Message, std::vector<os::UniqueFd>> Line::receive() {
    wait();
    os::Packet packet = os::receive_packet(socket_.get());
    if (packet.end_of_file) throw PeerGone(next_ > 0 ? sequence_[next_ - 1] : Step::join_cgroups);
    std::optional<Message> message = decode(packet.data);
    if (!message) throw std::logic_error("a message that is not understood");
    if (message->kind == Message::Kind::failure) throw Error(*std::move(message->failure));
    if (message->kind == Message::Kind::warning) {
        log::warning(message->failure->reason);
        return receive();
    }
    return {*std::move(message), std::move(packet.fds)};
}

}  // namespace rt::init
