#include "trial.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace crash {

namespace {

using std::chrono::milliseconds;
constexpr milliseconds soon{5000};

std::string value_of(const std::string& json, const std::string& key) {
    const std::string head = "\"" + key + "\": ";
    std::size_t start = json.find(head);
    if (start == std::string::npos) return {};
    start += head.size();
    std::string value = json.substr(start, json.find_first_of(",\n", start) - start);
    std::erase(value, '"');
    return value;
}

// The user's side of a terminal.
class Terminal {
public:
    explicit Terminal(bool wanted) {
        if (!wanted) return;
        master_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        ::grantpt(master_);
        ::unlockpt(master_);
        const char* name = ::ptsname(master_);
        slave_ = name == nullptr ? -1 : ::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (slave_ < 0) throw std::runtime_error("no terminal");
        ::fcntl(master_, F_SETFL, O_NONBLOCK);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal() {
        ::close(slave_);
        ::close(master_);
    }
    int slave() const noexcept { return slave_; }
    std::string text() const {
        std::string text(4096, '\0');
        const ssize_t length = master_ < 0 ? 0 : ::read(master_, text.data(), text.size());
        text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
        return text;
    }

private:
    int master_ = -1;
    int slave_ = -1;
};

bool is_mistake(const std::string& said) {
    return said.find("a mistake in rt") != std::string::npos || said.find("terminate called") != std::string::npos;
}

}  // namespace

Trial::Trial(Place place, const Operation& operation)
    : place_(std::move(place)), operation_(operation), tracer_(place_.patience) {
    // What rt keeps for all containers is there after the first.
    clean_up(place_.id);
    for (const auto& command : {words({"create", "-b", "BUNDLE", "ID"}), words({"delete", "ID"})}) {
        const Answer answer = run(command, place_.patience);
        if (answer.status != 0) throw std::runtime_error(answer.text);
    }
    host_before_ = look_at_host(place_.root, place_.id);
}

Trial::~Trial() { start_afresh(); }

std::vector<std::string> Trial::words(const std::vector<std::string>& command) const {
    std::vector<std::string> all{place_.rt, "--root", place_.root};
    for (std::string word : command) {
        if (word == "ID") word = place_.id;
        if (word.starts_with("BUNDLE")) word = place_.bundle + word.substr(std::strlen("BUNDLE"));
        all.push_back(std::move(word));
    }
    return all;
}

Answer Trial::rt(const std::vector<std::string>& command) const { return run(words(command), place_.patience); }

std::string Trial::status() const {
    const Answer answer = rt({"state", "ID"});
    if (answer.hung) return "hangs";
    if (answer.status == 0) return value_of(answer.text, "status");
    return answer.text.find("does not exist") != std::string::npos ? "" : "error: " + answer.text;
}

std::string Trial::await_status(const std::set<std::string>& accepted) const {
    std::string now;
    for (const auto end = std::chrono::steady_clock::now() + soon; std::chrono::steady_clock::now() < end;) {
        now = status();
        if (accepted.contains(now)) break;
        std::this_thread::sleep_for(milliseconds(5));
    }
    return now;
}

void Trial::prepare() {
    if (ready_) return;
    for (const std::vector<std::string>& command : operation_.before) {
        const Answer answer = rt(command);
        if (answer.status == 0) continue;
        throw std::runtime_error("before " + operation_.name + ": " + command[0] + ": " + answer.text);
    }
}

void Trial::trace(const std::optional<Fault>& fault) {
    const Said said;
    const Terminal terminal(operation_.terminal);
    pid_t init = 0;
    limits_before_ = limits_of(place_.id);
    if (operation_.follows_init) {
        const std::string pid = value_of(rt({"state", "ID"}).text, "pid");
        init = static_cast<pid_t>(std::strtol(pid.c_str(), nullptr, 10));
    }
    outcome_ = tracer_.run(words(operation_.command), said.fd(), terminal.slave(), fault, init);
    said_ = said.text() + terminal.text();
}

std::vector<Call> Trial::calls() {
    prepare();
    trace(std::nullopt);
    std::vector<Call> calls = std::move(outcome_.calls);
    if (outcome_.wait_status != 0) throw std::runtime_error(operation_.name + " fails without a fault: " + said_);
    start_afresh();
    return calls;
}

Verdict Trial::suffer(const Fault& fault) {
    complaint_.clear();
    try {
        prepare();
        trace(fault);
        const Verdict verdict = judge(fault);
        if (verdict == Verdict::broken || !operation_.spares_others) start_afresh();
        return verdict;
    } catch (const std::exception& error) {
        broken(error.what());
        start_afresh();
        return Verdict::broken;
    }
}

Verdict Trial::broken(const std::string& what) {
    complaint_ = what + "; it said: " + said_;
    return Verdict::broken;
}

Verdict Trial::judge(const Fault& fault) {
    if (outcome_.hung) return broken("it hangs: " + outcome_.hang);
    const int status = outcome_.wait_status;
    const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && fault.error == 0;
    if (WIFSIGNALED(status) && !killed) return broken("it was killed by signal " + std::to_string(WTERMSIG(status)));
    if (is_mistake(said_)) return broken("a mistake");
    const bool record_may_be_damaged = fault.error == 0;
    if (record_may_be_damaged) {
        if (const Answer answer = rt({"list"}); answer.status != 0) return broken("list: " + answer.text);
    }
    const bool succeeded = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    const Verdict verdict = operation_.spares_others ? judge_survivor(fault, succeeded) : judge_end(fault, succeeded);
    return outcome_.reached || verdict == Verdict::broken ? verdict : Verdict::not_reached;
}

// The container goes on: as before, or as the operation leaves it.
Verdict Trial::judge_survivor(const Fault& fault, bool succeeded) {
    std::set<std::string> accepted{operation_.status_after};
    if (!succeeded) accepted.insert(operation_.status_before);
    // Who reports a failure has taken back what was begun.
    if (!succeeded && fault.error != 0) accepted = {operation_.status_before};
    const std::string now = await_status(accepted);
    const bool told_wrongly = !accepted.contains(now) && now == operation_.status_after;
    if (told_wrongly) complaint_ = "done, and told as failed: " + said_;
    if (!accepted.contains(now) && !told_wrongly) return broken("the container is '" + now + "'");
    if (const auto left = children_left(soon, 1); !left.empty()) {
        std::string text = "processes are left:";
        for (const std::string& process : left) text += " " + process;
        return broken(text);
    }
    const bool limits_changed = limits_of(place_.id) != limits_before_;
    if (limits_changed && !succeeded && fault.error != 0) return broken("it has failed, and changed limits");
    if (operation_.name == "update" && succeeded && !limits_changed)
        return broken("it has succeeded, and changed nothing");
    const bool changed = limits_changed || now != operation_.status_before;
    if (changed && !operation_.undo.empty()) {
        const Answer answer = rt(operation_.undo);
        if (answer.status != 0) return broken(operation_.undo[0] + " afterwards: " + answer.text);
    }
    ready_ = true;
    return succeeded || changed ? Verdict::done : Verdict::undone;
}

// The container is made, starts or ends.
Verdict Trial::judge_end(const Fault& fault, bool succeeded) {
    if (succeeded) {
        std::set<std::string> accepted{operation_.status_after};
        // Right before the program or right after its first step: whoever kills init then has killed the container.
        if (fault.error == 0 && fault.at.process > 0) accepted.insert("stopped");
        const std::string now = await_status(accepted);
        if (!accepted.contains(now)) return broken("it has succeeded, and the container is '" + now + "'");
        return recover(fault, true);
    }
    std::set<std::string> accepted{operation_.status_before, operation_.status_after, "stopped"};
    if (operation_.may_remove) accepted.insert("");
    if (operation_.status_before.empty()) accepted.insert({"creating", "created", "running"});
    if (operation_.status_before == "paused") accepted.insert("running");  // what is frozen does not die
    const std::string now = await_status(accepted);
    if (!accepted.contains(now)) return broken("the container is '" + now + "'");
    return recover(fault, false);
}

Verdict Trial::recover(const Fault& fault, bool succeeded) {
    const bool was_there = !operation_.status_before.empty();
    std::string left;
    if (!succeeded || operation_.status_after.empty())
        left = what_is_left(was_there ? milliseconds(0) : milliseconds(300));
    if (left.empty() && operation_.status_after.empty() && succeeded) return Verdict::done;
    if (left.empty() && !succeeded) return Verdict::undone;
    if (succeeded && operation_.status_after.empty()) return broken("it has succeeded, and there is left: " + left);
    const Answer answer = rt({"delete", "--force", "ID"});
    if (answer.hung) return broken("delete --force hangs");
    if (answer.status != 0 || is_mistake(answer.text)) return broken("delete --force afterwards: " + answer.text);
    if (const std::string rest = what_is_left(soon); !rest.empty()) return broken("delete --force has left: " + rest);
    if (succeeded) return Verdict::done;
    // Whoever lives to tell of a failure leaves nothing, unless removing it is what has failed.
    if (fault.error != 0 && !was_there) complaint_ = "left until delete --force: " + said_;
    return Verdict::recovered;
}

std::string Trial::what_is_left(milliseconds patience) const {
    std::string text;
    for (const std::string& process : children_left(patience)) text += " process " + process;
    const std::set<std::string> now = look_at_host(place_.root, place_.id);
    std::vector<std::string> added;
    std::ranges::set_difference(now, host_before_, std::back_inserter(added));
    // The kept system call filters are of no container, and never more than a few.
    std::erase_if(added, [](const std::string& line) { return line.find("/.seccomp") != std::string::npos; });
    for (const std::string& line : added) text += " " + line;
    return text;
}

void Trial::start_afresh() {
    ready_ = false;
    rt({"delete", "--force", "ID"});
    clean_up(place_.id);
    std::error_code error;
    std::filesystem::remove_all(place_.root + "/" + place_.id, error);
}

}  // namespace crash
