#include "rt/init/message.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace rt::init {

namespace {

class Writer {
public:
    void number(std::uint32_t value) {
        char bytes[sizeof value];
        std::memcpy(bytes, &value, sizeof value);
        bytes_.append(bytes, sizeof bytes);
    }
    void text(const std::string& value) {
        number(static_cast<std::uint32_t>(value.size()));
        bytes_ += value;
    }
    std::string take() { return std::move(bytes_); }

private:
    std::string bytes_;
};

class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    std::uint32_t number() {
        std::uint32_t value = 0;
        if (rest_.size() < sizeof value) {
            good_ = false;
            return 0;
        }
        std::memcpy(&value, rest_.data(), sizeof value);
        rest_.remove_prefix(sizeof value);
        return value;
    }
    std::string text() {
        const std::uint32_t length = number();
        if (rest_.size() < length) {
            good_ = false;
            return {};
        }
        std::string value(rest_.substr(0, length));
        rest_.remove_prefix(length);
        return value;
    }
    bool good() const { return good_; }
    bool finished() const { return good_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool good_ = true;
};

void write_failure(Writer& writer, const Failure& failure) {
    writer.text(failure.doing);
    writer.text(failure.object);
    writer.number(static_cast<std::uint32_t>(failure.code));
    writer.text(failure.reason);
    writer.text(failure.hint);
    writer.number(static_cast<std::uint32_t>(failure.kind));
    writer.number(static_cast<std::uint32_t>(failure.during.size()));
    for (const std::string& step : failure.during) writer.text(step);
}

std::optional<Failure> read_failure(Reader& reader) {
    Failure failure;
    failure.doing = reader.text();
    failure.object = reader.text();
    failure.code = static_cast<int>(reader.number());
    failure.reason = reader.text();
    failure.hint = reader.text();
    const std::uint32_t kind = reader.number();
    if (kind > static_cast<std::uint32_t>(FailureKind::interrupted)) return std::nullopt;
    failure.kind = static_cast<FailureKind>(kind);
    for (std::uint32_t left = reader.number(); left > 0 && reader.good(); --left)
        failure.during.push_back(reader.text());
    return failure;
}

}  // namespace

std::string encode(const Message& message) {
    Writer writer;
    writer.number(static_cast<std::uint32_t>(message.kind));
    writer.number(static_cast<std::uint32_t>(message.step));
    writer.number(message.first);
    if (message.failure) write_failure(writer, *message.failure);
    return writer.take();
}

std::optional<Message> decode(std::string_view bytes) {
    Reader reader(bytes);
    const std::uint32_t kind = reader.number();
    const std::uint32_t step = reader.number();
    if (kind > static_cast<std::uint32_t>(Message::Kind::finding)) return std::nullopt;
    if (step > static_cast<std::uint32_t>(Step::run_start_hooks)) return std::nullopt;
    Message message{.kind = static_cast<Message::Kind>(kind), .step = static_cast<Step>(step)};
    message.first = reader.number();
    constexpr std::array with_failure{Message::Kind::failure, Message::Kind::warning, Message::Kind::finding};
    if (std::ranges::find(with_failure, message.kind) != with_failure.end()) {
        message.failure = read_failure(reader);
        if (!message.failure) return std::nullopt;
    }
    if (!reader.finished()) return std::nullopt;
    return message;
}

}  // namespace rt::init
