#include "rt/cli/matching_ids.hpp"

#include <regex.h>

#include <algorithm>
#include <array>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/container/commands.hpp"

namespace rt::cli {

namespace {

class Expression {
public:
    explicit Expression(const std::string& text) {
        const int code = ::regcomp(&compiled_, text.c_str(), REG_EXTENDED | REG_NOSUB);
        if (code == 0) return;
        std::array<char, 256> reason{};
        ::regerror(code, &compiled_, reason.data(), reason.size());
        fail("use the regular expression", printable(text), reason.data(), "regex(7) describes them");
    }
    Expression(const Expression&) = delete;
    Expression& operator=(const Expression&) = delete;
    ~Expression() { ::regfree(&compiled_); }

    bool is_found_in(const std::string& text) const noexcept {
        return ::regexec(&compiled_, text.c_str(), 0, nullptr, 0) == 0;
    }

private:
    regex_t compiled_{};
};

}  // namespace

std::vector<std::string> matching_ids(const container::Roots& roots, const std::vector<std::string>& expressions) {
    std::vector<std::string> matching;
    // What others have started is shown to everybody, but is not the caller's to end.
    const std::vector<container::View> own = container::list({.own = roots.own});
    for (const std::string& text : expressions) {
        const Expression expression(text);
        for (const container::View& view : own) {
            if (expression.is_found_in(view.record.id)) matching.push_back(view.record.id);
        }
    }
    std::ranges::sort(matching);
    const auto repeated = std::ranges::unique(matching);
    matching.erase(repeated.begin(), repeated.end());
    return matching;
}

}  // namespace rt::cli
