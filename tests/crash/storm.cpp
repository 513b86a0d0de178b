// Many processes that give rt commands on few containers, at random but the same each time for one seed: no command hangs, every
// answer is one that could be given when they had come one after the other, and nothing is left.
//   storm RT ROOT BUNDLE ID SECONDS PROCESSES CONTAINERS SEED
//   storm self-check     whether answers that contradict each other are found
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <thread>

#include "host.hpp"
#include "order.hpp"

namespace {

using crash::Event;
using crash::Kind;
using Clock = std::chrono::steady_clock;
using Words = std::vector<std::string>;
constexpr std::chrono::seconds patience{120};

struct Storm {
    std::string rt;
    std::string root;
    std::string bundle;
    std::string id;
    std::chrono::seconds duration{};
    unsigned processes = 0;
    unsigned containers = 0;
    unsigned seed = 0;
};

Words words_of(Kind kind, const Storm& storm, const std::string& id) {
    switch (kind) {
        case Kind::create: return {"create", "-b", storm.bundle, id};
        case Kind::run: return {"run", "-d", "-b", storm.bundle, id};
        case Kind::start: return {"start", id};
        case Kind::exec: return {"exec", id, "true"};
        case Kind::pause: return {"pause", id};
        case Kind::resume: return {"resume", id};
        case Kind::update: return {"update", "--pids-limit", "64", id};
        case Kind::kill: return {"kill", id, "KILL"};
        case Kind::state: return {"state", id};
        case Kind::remove: return {"delete", id};
        case Kind::force: return {"delete", "--force", id};
    }
    return {};
}

// What rt may say when it refuses, and of exec also what it says of a process that was ended with its container.
bool is_refusal(Kind kind, const crash::Answer& answer) {
    constexpr std::array<const char*, 9> texts{
        "does not exist", "already exists", "not running", "not paused",  "already running",
        "only a created", "not stopped",    "not listen",  "in a paused",
    };
    if (kind == Kind::exec) return answer.text.find("a mistake in rt") == std::string::npos;
    return std::ranges::any_of(texts, [&](const char* text) { return answer.text.find(text) != std::string::npos; });
}

class Worker {
public:
    Worker(const Storm& storm, const std::string& log) : storm_(storm), log_(log, std::ios::binary) {}

    void give(Kind kind, unsigned container) {
        const std::string id = storm_.id + "-" + std::to_string(container);
        Words command{storm_.rt, "--root", storm_.root};
        std::ranges::copy(words_of(kind, storm_, id), std::back_inserter(command));
        Event event{.kind = kind, .container = container, .begin = Clock::now().time_since_epoch().count()};
        const crash::Answer answer = crash::run(command, patience);
        event.end = Clock::now().time_since_epoch().count();
        event.succeeded = answer.status == 0;
        log_.write(reinterpret_cast<const char*>(&event), sizeof event);
        const bool wrong = answer.hung || (!event.succeeded && !is_refusal(kind, answer));
        if (wrong) {
            std::printf("BROKEN %s %s: %s, status %d: %s\n", crash::name_of(kind).c_str(), id.c_str(),
                        answer.hung ? "it hangs" : "an unexpected answer", answer.status, answer.text.c_str());
            std::fflush(stdout);
        }
        // Containers whose rt has ended are children of this process.
        crash::children_left(std::chrono::milliseconds(0));
    }

    void live(unsigned number) {
        std::mt19937 random(storm_.seed * 1000 + number);  // NOLINT(cert-msc51-cpp): the same each time
        std::discrete_distribution<int> kinds{10, 5, 12, 12, 6, 12, 6, 8, 8, 8, 6};
        std::uniform_int_distribution<unsigned> containers(0, storm_.containers - 1);
        for (const auto end = Clock::now() + storm_.duration; Clock::now() < end;) {
            const unsigned container = containers(random);
            give(static_cast<Kind>(kinds(random)), container);
        }
    }

private:
    const Storm& storm_;
    std::ofstream log_;
};

std::string log_of(const Storm& storm, unsigned number) { return storm.root + ".log-" + std::to_string(number); }

// Some wait in paused containers: these go, until nobody works any more.
void end_workers(const Storm& storm, const std::vector<pid_t>& workers) {
    Worker last(storm, log_of(storm, storm.processes));
    const auto deadline = Clock::now() + storm.duration + patience;
    std::vector<pid_t> working = workers;
    std::this_thread::sleep_for(storm.duration);
    while (!working.empty() && Clock::now() < deadline) {
        for (unsigned container = 0; container < storm.containers; ++container) last.give(Kind::force, container);
        std::erase_if(working, [](pid_t pid) { return ::kill(pid, 0) < 0; });
    }
    for (const pid_t pid : working) {
        std::printf("BROKEN a process still waits for rt\n");
        ::kill(pid, SIGKILL);
    }
    for (unsigned container = 0; container < storm.containers; ++container) last.give(Kind::force, container);
}

std::map<unsigned, std::vector<Event>> read_logs(const Storm& storm) {
    std::map<unsigned, std::vector<Event>> by_container;
    for (unsigned number = 0; number <= storm.processes; ++number) {
        std::ifstream log(log_of(storm, number), std::ios::binary);
        for (Event event; log.read(reinterpret_cast<char*>(&event), sizeof event);)
            by_container[event.container].push_back(event);
    }
    return by_container;
}

bool judge(const Storm& storm) {
    std::map<Kind, std::array<unsigned, 2>> figures;
    unsigned total = 0;
    bool right = true;
    for (const auto& [container, events] : read_logs(storm)) {
        for (const Event& event : events) ++figures[event.kind][event.succeeded ? 0 : 1];
        total += static_cast<unsigned>(events.size());
        std::string reason;
        if (crash::has_order(events, reason)) continue;
        right = false;
        std::printf("BROKEN container %u: there is no order of its %zu commands in which %s\n", container,
                    events.size(), reason.c_str());
    }
    std::printf("%u commands:", total);
    for (const auto& [kind, counts] : figures)
        std::printf(" %s %u (refused: %u)", crash::name_of(kind).c_str(), counts[0], counts[1]);
    std::printf("\n");
    return right;
}

bool finds_contradictions() {
    const auto told = [](Kind kind, bool succeeded, std::int64_t begin, std::int64_t end) {
        return Event{.kind = kind, .succeeded = succeeded, .begin = begin, .end = end};
    };
    std::string reason;
    const std::vector<Event> lost{told(Kind::create, true, 1, 2), told(Kind::start, true, 3, 4),
                                  told(Kind::remove, true, 5, 6)};
    const std::vector<Event> twice{told(Kind::create, true, 1, 4), told(Kind::run, true, 2, 3),
                                   told(Kind::state, true, 5, 6)};
    const std::vector<Event> one_of_both{told(Kind::create, false, 1, 4), told(Kind::run, true, 2, 3),
                                         told(Kind::kill, true, 5, 7), told(Kind::remove, true, 6, 8)};
    return !crash::has_order(lost, reason) && !crash::has_order(twice, reason) && crash::has_order(one_of_both, reason);
}

}  // namespace

int main(int count, char** arguments) {
    const Words words(arguments + 1, arguments + count);
    if (words.size() == 1 && words[0] == "self-check") return finds_contradictions() ? 0 : 1;
    if (words.size() != 8) return 2;
    const auto number = [&](std::size_t i) {
        return static_cast<unsigned>(std::strtoul(words[i].c_str(), nullptr, 10));
    };
    const Storm storm{.rt = words[0],
                      .root = words[1],
                      .bundle = words[2],
                      .id = words[3],
                      .duration = std::chrono::seconds(number(4)),
                      .processes = number(5),
                      .containers = number(6),
                      .seed = number(7)};
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    Worker(storm, log_of(storm, 0)).give(Kind::force, 0);  // what rt keeps is there
    const std::set<std::string> before = crash::look_at_host(storm.root, storm.id);
    std::vector<pid_t> workers;
    for (unsigned i = 0; i < storm.processes; ++i) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
            Worker(storm, log_of(storm, i)).live(i);
            std::fflush(stdout);
            ::_exit(0);
        }
        workers.push_back(pid);
    }
    end_workers(storm, workers);
    bool right = judge(storm);
    for (const std::string& process : crash::children_left(std::chrono::seconds(5))) {
        std::printf("BROKEN left: process %s\n", process.c_str());
        right = false;
    }
    for (const std::string& line : crash::look_at_host(storm.root, storm.id)) {
        if (before.contains(line)) continue;
        std::printf("BROKEN left: %s\n", line.c_str());
        right = false;
    }
    crash::clean_up(storm.id);
    return right ? 0 : 1;
}
