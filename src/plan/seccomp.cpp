#include "rt/plan/seccomp.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>

#include "rt/base/error.hpp"
#include "rt/base/json_pointer.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

JsonPointer seccomp_object() { return JsonPointer("/linux/seccomp"); }

// The row of the table with that name. \throws Error that lists the valid words
template <class Table>
const auto& find_word(const Table& table, const std::string& word, const JsonPointer& where, const char* kind) {
    const auto found = std::ranges::find(table, word, [](const auto& row) { return row.name; });
    if (found != table.end()) return *found;
    std::vector<std::string> words;
    for (const auto& row : table) words.emplace_back(row.name);
    fail(concat("use the ", kind, " at"), where.text(), concat("there is no ", kind, " '", printable(word), "'"),
         concat("the words are ", join(words, ", ")));
}

std::uint32_t plan_action(const std::string& word, std::optional<std::uint32_t> errno_ret, const JsonPointer& object,
                          const char* action_key, const char* errno_key) {
    const SeccompAction& action = find_word(seccomp_actions, word, object / action_key, "action");
    if (!errno_ret) return action.most_data == 0 ? action.value : action.value | EPERM;
    const std::string where = (object / errno_key).text();
    if (action.most_data == 0) {
        fail("use the errno at", where, concat("the action ", action.name, " returns none"),
             concat("leave ", errno_key, " out, or use SCMP_ACT_ERRNO or SCMP_ACT_TRACE"));
    }
    if (*errno_ret > action.most_data) {
        fail("use the errno at", where,
             concat(*errno_ret, " is above ", action.most_data, ", the most that ", action.name, " returns"));
    }
    return action.value | *errno_ret;
}

bool is_notify(std::uint32_t action) noexcept { return action == SECCOMP_RET_USER_NOTIF; }

SeccompCondition plan_condition(const spec::SeccompArgument& argument, const JsonPointer& where) {
    const SeccompOperatorName& op = find_word(seccomp_operators, argument.op, where / "op", "operator");
    return {.index = argument.index, .op = op.op, .value = argument.value, .value_two = argument.value_two};
}

bool repeats_an_index(const std::vector<SeccompCondition>& conditions) {
    std::uint32_t seen = 0;
    for (const SeccompCondition& condition : conditions) {
        const std::uint32_t bit = std::uint32_t{1} << condition.index;
        if ((seen & bit) != 0) return true;
        seen |= bit;
    }
    return false;
}

void plan_rule(const spec::SeccompRule& rule, std::size_t position, Seccomp& planned) {
    const JsonPointer where = seccomp_object() / "syscalls" / position;
    SeccompRule base{.position = position, .names = rule.names, .conditions = {}};
    base.action = plan_action(rule.action, rule.errno_ret, where, "action", "errnoRet");
    for (std::size_t i = 0; i < rule.args.size(); ++i) {
        base.conditions.push_back(plan_condition(rule.args[i], where / "args" / i));
    }
    if (!repeats_an_index(base.conditions)) {
        planned.rules.push_back(std::move(base));
        return;
    }
    // Profiles in use mean "one of these" when they name an argument twice, and runtimes have always read them so: each
    // condition is a rule of its own.
    planned.remarks.push_back(concat(where.text(), " names an argument twice: each of its conditions is enough"));
    for (const SeccompCondition& condition : base.conditions) {
        SeccompRule single = base;
        single.conditions = {condition};
        planned.rules.push_back(std::move(single));
    }
}

void plan_architectures(const std::vector<std::string>& words, Seccomp& planned) {
    const SeccompArchitecture& native =
        *std::ranges::find(seccomp_architectures, native_architecture(), &SeccompArchitecture::name);
    planned.architectures = {native};
    for (std::size_t i = 0; i < words.size(); ++i) {
        const JsonPointer where = seccomp_object() / "architectures" / i;
        const SeccompArchitecture& listed = find_word(seccomp_architectures, words[i], where, "architecture");
        if (listed.machine != native.machine) {
            planned.remarks.push_back(concat(where.text(), ": no program for ", listed.name, " runs on this machine"));
            continue;
        }
        const bool known = std::ranges::find(planned.architectures, listed.token, &SeccompArchitecture::token) !=
                           planned.architectures.end();
        if (!known) planned.architectures.push_back(listed);
    }
}

void plan_flags(const spec::Seccomp& seccomp, std::uint32_t known_flags, Seccomp& planned) {
    // Without the list, what engines expect: a filter alone is no reason to slow the program down (seccomp(2),
    // SECCOMP_FILTER_FLAG_SPEC_ALLOW).
    if (!seccomp.flags) planned.flags |= known_flags & SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    const std::vector<std::string> words = seccomp.flags.value_or(std::vector<std::string>{});
    for (std::size_t i = 0; i < words.size(); ++i) {
        const JsonPointer where = seccomp_object() / "flags" / i;
        const SeccompFlag& flag = find_word(seccomp_flags, words[i], where, "flag");
        if ((known_flags & flag.value) == 0) {
            fail("use the flag at", where.text(), concat("this kernel has no ", flag.name),
                 "leave it out, or boot a newer kernel");
        }
        planned.flags |= flag.value;
    }
    // The program starts with one thread: there is nothing to bring into step, and the thread that serves the listener must
    // stay outside of the filter.
    planned.flags &= ~std::uint32_t{SECCOMP_FILTER_FLAG_TSYNC};
}

void plan_listener(const spec::Seccomp& seccomp, Seccomp& planned) {
    if (!seccomp.listener_metadata.empty() && seccomp.listener_path.empty()) {
        fail("use the value at", (seccomp_object() / "listenerMetadata").text(), "there is no listenerPath",
             "set listenerPath too: the metadata goes to the seccomp agent that listens there");
    }
    const auto notifying = std::ranges::find_if(planned.rules, is_notify, &SeccompRule::action);
    const bool by_default = is_notify(planned.default_action);
    if (!by_default && notifying == planned.rules.end()) {
        if (!seccomp.listener_path.empty()) {
            planned.remarks.push_back(
                concat((seccomp_object() / "listenerPath").text(), " is not used: no action is SCMP_ACT_NOTIFY"));
        }
        if ((planned.flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) != 0) {
            planned.remarks.emplace_back(
                "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV has no effect: no action is SCMP_ACT_NOTIFY");
            planned.flags &= ~std::uint32_t{SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV};  // the kernel refuses it then
        }
        return;
    }
    if (seccomp.listener_path.empty()) {
        const JsonPointer where = by_default ? seccomp_object() / "defaultAction"
                                             : seccomp_object() / "syscalls" / notifying->position / "action";
        fail("use the action at", where.text(), "SCMP_ACT_NOTIFY needs a listenerPath",
             "set /linux/seccomp/listenerPath to the socket of the seccomp agent");
    }
    if (!seccomp.listener_path.starts_with('/')) {
        fail("use the path at", (seccomp_object() / "listenerPath").text(),
             concat("'", printable(seccomp.listener_path), "' is not absolute"));
    }
    planned.listener_path = seccomp.listener_path;
    planned.listener_metadata = seccomp.listener_metadata;
    planned.flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
}

void check_right_to_load(const SeccompCircumstances& circumstances) {
    if (circumstances.known_flags == 0) {
        fail("use the value at", seccomp_object().text(),
             "this kernel has no system call filters, or forbids them to rt", "boot one with CONFIG_SECCOMP_FILTER");
    }
    if (circumstances.no_new_privileges || circumstances.privileged) return;
    fail("use the value at", seccomp_object().text(),
         "loading a filter without noNewPrivileges needs CAP_SYS_ADMIN (seccomp(2)), which rt does not hold",
         "set /process/noNewPrivileges to true, or list a user namespace");
}

}  // namespace

Seccomp plan_seccomp(const spec::Seccomp& seccomp, const SeccompCircumstances& circumstances) {
    Seccomp planned;
    planned.default_action = plan_action(seccomp.default_action, seccomp.default_errno_ret, seccomp_object(),
                                         "defaultAction", "defaultErrnoRet");
    plan_architectures(seccomp.architectures, planned);
    for (std::size_t i = 0; i < seccomp.syscalls.size(); ++i) plan_rule(seccomp.syscalls[i], i, planned);
    check_right_to_load(circumstances);
    plan_flags(seccomp, circumstances.known_flags, planned);
    plan_listener(seccomp, planned);
    planned.needs_privilege = !circumstances.no_new_privileges;
    return planned;
}

}  // namespace rt::plan
