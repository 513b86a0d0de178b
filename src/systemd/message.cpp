#include "rt/systemd/message.hpp"

#include <array>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/systemd/wire.hpp"

namespace rt::systemd {

namespace {

constexpr std::uint8_t protocol_version = 1;
constexpr std::size_t longest_message = 1U << 24;  // D-Bus allows 128 MiB: nothing that systemd sends needs that

// D-Bus specification, "Header Fields".
enum class Field : std::uint8_t {
    path = 1,
    interface,
    member,
    error_name,
    reply_serial,
    destination,
    sender,
    signature,
    unix_fds
};

struct TextField {
    Field field;
    char type;
    std::string Message::* text;
};

constexpr std::array text_fields{TextField{Field::path, 'o', &Message::path},
                                 TextField{Field::interface, 's', &Message::interface},
                                 TextField{Field::member, 's', &Message::member},
                                 TextField{Field::error_name, 's', &Message::error_name},
                                 TextField{Field::destination, 's', &Message::destination},
                                 TextField{Field::sender, 's', &Message::sender},
                                 TextField{Field::signature, 'g', &Message::signature}};

void write_fields(Writer& writer, const Message& message) {
    for (const TextField& field : text_fields) {
        const std::string& text = message.*field.text;
        if (text.empty()) continue;
        writer.begin_struct();
        writer.byte(static_cast<std::uint8_t>(field.field));
        writer.signature(std::string_view(&field.type, 1));
        field.type == 'g' ? writer.signature(text) : writer.string(text);
    }
    if (message.reply_serial == 0) return;
    writer.begin_struct();
    writer.byte(static_cast<std::uint8_t>(Field::reply_serial));
    writer.signature("u");
    writer.uint32(message.reply_serial);
}

void require_type(const std::string& type, char wanted) {
    if (type.size() != 1 || type[0] != wanted) refuse_malformed("a header field is of the wrong type");
}

void read_field(Reader& reader, Message& message) {
    reader.align(8);
    const std::uint8_t code = reader.byte();
    const std::string type = reader.signature();
    if (type.empty() || first_type(type) != type.size()) refuse_malformed("a header field is not of one type");
    for (const TextField& field : text_fields) {
        if (static_cast<std::uint8_t>(field.field) != code) continue;
        require_type(type, field.type);
        message.*field.text = field.type == 'g'   ? reader.signature()
                              : field.type == 'o' ? reader.object_path()
                                                  : reader.string();
        return;
    }
    if (code == static_cast<std::uint8_t>(Field::reply_serial)) {
        require_type(type, 'u');
        message.reply_serial = reader.uint32();
    } else if (code == static_cast<std::uint8_t>(Field::unix_fds)) {
        require_type(type, 'u');
        if (reader.uint32() != 0) refuse_malformed("it claims descriptors, which were not agreed on");
    } else {
        reader.skip(type);  // "an implementation must ignore fields it does not understand"
    }
}

// D-Bus specification, "Message Types": which fields each must have.
void require_fields(const Message& message) {
    const bool complete = [&] {
        switch (message.type) {
            case MessageType::method_call: return !message.path.empty() && !message.member.empty();
            case MessageType::method_return: return message.reply_serial != 0;
            case MessageType::error: return message.reply_serial != 0 && !message.error_name.empty();
            case MessageType::signal:
                return !message.path.empty() && !message.interface.empty() && !message.member.empty();
        }
        return true;  // a type of a later version, to be ignored
    }();
    if (!complete) refuse_malformed("a header field is missing");
}

}  // namespace

std::size_t length_of(std::string_view fixed_header) {
    Reader reader(fixed_header);
    const std::uint8_t byte_order = reader.byte();
    if (byte_order == 'B') refuse_malformed("it is big endian, which rt does not read");
    if (byte_order != 'l') refuse_malformed("it has no byte order");
    if (reader.byte() == 0) refuse_malformed("it has no type");
    reader.byte();
    const std::uint8_t version = reader.byte();
    if (version != protocol_version) refuse_malformed(concat("its protocol is ", version));
    const std::uint64_t body = reader.uint32();
    if (reader.uint32() == 0) refuse_malformed("it has no serial number");
    const std::uint64_t fields = reader.uint32();
    const std::uint64_t header = (fixed_header_size + fields + 7) / 8 * 8;
    if (header + body > longest_message) refuse_malformed(concat("it has ", header + body, " bytes"));
    return static_cast<std::size_t>(header + body);
}

std::string encode(const Message& message) {
    Writer writer;
    writer.byte('l');
    writer.byte(static_cast<std::uint8_t>(message.type));
    writer.byte(message.flags);
    writer.byte(protocol_version);
    writer.uint32(static_cast<std::uint32_t>(message.body.size()));
    writer.uint32(message.serial);
    writer.array(8, [&] { write_fields(writer, message); });
    writer.align(8);
    return writer.data() + message.body;
}

Message decode(std::string_view bytes) {
    if (bytes.size() < fixed_header_size || length_of(bytes.substr(0, fixed_header_size)) != bytes.size()) {
        refuse_malformed("it is cut off");
    }
    Reader reader(bytes);
    Message message;
    reader.byte();
    message.type = static_cast<MessageType>(reader.byte());
    message.flags = reader.byte();
    reader.byte();
    const std::uint32_t body = reader.uint32();
    message.serial = reader.uint32();
    const std::size_t end = reader.array(8);
    while (reader.position() < end) read_field(reader, message);
    reader.end_array(end);
    reader.align(8);
    message.body = bytes.substr(reader.position());
    if (message.body.size() != body) refuse_malformed("its body is of another length");
    if (message.signature.empty() && body != 0) refuse_malformed("its body has no types");
    require_fields(message);
    return message;
}

}  // namespace rt::systemd
