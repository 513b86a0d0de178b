// Lets faults happen to rt at its system calls: whoever makes the call (the runtime, init, a helper) is killed, or the call
// fails with an errno. Afterwards the operation is done, or nothing is left, or `rt delete --force` leaves nothing.
//   faults RT ROOT BUNDLE ID OPERATION kill|fail EVERY OFFSET     every EVERY-th fault, from OFFSET on
//   faults RT ROOT BUNDLE ID OPERATION PROCESS:NUMBER[:ERRNO]     one: of which process, at which of its calls
//   faults operations                                             their names
// Prints what is broken, and a line of figures: points done undone recovered broken not-reached.
#include <seccomp.h>
#include <sys/prctl.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <string>

#include "errnos.hpp"
#include "trial.hpp"

namespace {

std::string name_of_call(long number) {
    const std::unique_ptr<char, decltype(&std::free)> name(
        ::seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, static_cast<int>(number)), &std::free);
    return name ? name.get() : std::to_string(number);
}

std::string describe(const crash::Fault& fault) {
    const char* error = fault.error == 0 ? "KILL" : ::strerrorname_np(fault.error);
    return std::to_string(fault.at.process) + ":" + std::to_string(fault.at.number) +
           (fault.error == 0 ? "" : ":" + std::to_string(fault.error)) + " (" + error + " at " +
           name_of_call(fault.at.system_call) + ")";
}

std::vector<crash::Fault> faults_at(const std::vector<crash::Call>& calls, bool kill) {
    std::vector<crash::Fault> faults;
    for (const crash::Call& call : calls) {
        if (kill) faults.push_back({.at = call});
        if (kill) continue;
        for (const int error : crash::plausible_errnos(call.system_call))
            faults.push_back({.at = call, .error = error});
    }
    return faults;
}

crash::Fault parse_fault(const std::string& text, const std::vector<crash::Call>& calls) {
    unsigned process = 0;
    unsigned number = 0;
    int error = 0;
    // NOLINTNEXTLINE(cert-err34-c): for the developer
    std::sscanf(text.c_str(), "%u:%u:%d", &process, &number, &error);
    for (const crash::Call& call : calls) {
        if (call.process == process && call.number == number) return {.at = call, .error = error};
    }
    throw std::runtime_error("there is no call " + text);
}

class Figures {
public:
    void count(crash::Verdict verdict) { ++counts_[static_cast<std::size_t>(verdict)]; }
    unsigned of(crash::Verdict verdict) const { return counts_[static_cast<std::size_t>(verdict)]; }
    void print(const std::string& name) const {
        using enum crash::Verdict;
        const unsigned points = of(done) + of(undone) + of(recovered) + of(broken);
        std::printf("%s: %u points: %u done, %u undone, %u recovered, %u broken; %u not reached\n", name.c_str(),
                    points, of(done), of(undone), of(recovered), of(broken), of(not_reached));
    }

private:
    std::array<unsigned, 5> counts_{};
};

void suffer(crash::Trial& trial, const crash::Fault& fault, Figures& figures, const std::string& name) {
    const crash::Verdict verdict = trial.suffer(fault);
    figures.count(verdict);
    if (trial.complaint().empty()) return;
    std::printf("%s %s %s, %s: %s\n", verdict == crash::Verdict::broken ? "BROKEN" : "remark", name.c_str(),
                describe(fault).c_str(), trial.who().c_str(), trial.complaint().c_str());
    std::fflush(stdout);
}

int walk(const std::vector<std::string>& words) {
    crash::Place place{.rt = words[0], .root = words[1], .bundle = words[2], .id = words[3]};
    if (const char* seconds = std::getenv("RT_CRASH_PATIENCE"))
        place.patience = std::chrono::seconds(std::strtol(seconds, nullptr, 10));
    const std::string name = words[4] + " " + words[2].substr(words[2].rfind('/') + 1) + " " + words[5];
    crash::Trial trial(place, crash::operation_of(words[4]));
    const std::vector<crash::Call> calls = trial.calls();
    Figures figures;
    if (words.size() == 6) {
        suffer(trial, parse_fault(words[5], calls), figures, name);
    } else {
        const std::vector<crash::Fault> faults = faults_at(calls, words[5] == "kill");
        const std::size_t every = std::stoul(words[6]);
        for (std::size_t i = std::stoul(words[7]) % every; i < faults.size(); i += every)
            suffer(trial, faults[i], figures, name);
    }
    figures.print(name);
    return figures.of(crash::Verdict::broken) == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    const std::vector<std::string> words(arguments + 1, arguments + count);
    if (words.size() == 1 && words[0] == "operations") {
        for (const crash::Operation& operation : crash::operations()) std::puts(operation.name.c_str());
        return 0;
    }
    if (words.size() != 6 && words.size() != 8) return 2;
    sigset_t child;
    ::sigemptyset(&child);
    ::sigaddset(&child, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child, nullptr);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    try {
        return walk(words);
    } catch (const std::exception& error) {
        std::printf("BROKEN %s: %s\n", words[4].c_str(), error.what());
        return 1;
    }
}
