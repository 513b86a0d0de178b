#pragma once

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "host.hpp"
#include "operations.hpp"
#include "tracer.hpp"

namespace crash {

/// Where the containers of a test are.
struct Place {
    std::string rt;
    std::string root;    ///< for its state
    std::string bundle;  ///< "-short" and "-terminal" behind it: those that end by themselves
    std::string id;
    std::chrono::seconds patience{30};
};

/// What a fault has led to.
enum class Verdict {
    not_reached,  ///< the call was not made this time
    done,         ///< the operation has succeeded nevertheless
    undone,       ///< all is as it was before, or nothing is left
    recovered,    ///< something was left, and `delete --force` has removed it
    broken,       ///< none of these
};

/// One operation with one fault after the other, and what is left behind by each.
class Trial {
public:
    Trial(Place place, const Operation& operation);
    Trial(const Trial&) = delete;
    Trial& operator=(const Trial&) = delete;
    ~Trial();

    /// The system calls of the operation without a fault. \throws std::runtime_error when it fails
    std::vector<Call> calls();

    /// Lets the fault happen. `complaint` tells what is broken; for what was recovered, what was left.
    Verdict suffer(const Fault& fault);
    const std::string& complaint() const noexcept { return complaint_; }
    /// To whom it has happened.
    const std::string& who() const noexcept { return outcome_.who; }

private:
    std::vector<std::string> words(const std::vector<std::string>& command) const;
    Answer rt(const std::vector<std::string>& command) const;
    std::string status() const;
    std::string await_status(const std::set<std::string>& accepted) const;
    void prepare();
    void trace(const std::optional<Fault>& fault);
    Verdict judge(const Fault& fault);
    Verdict judge_survivor(const Fault& fault, bool succeeded);
    Verdict judge_end(const Fault& fault, bool succeeded);
    Verdict recover(const Fault& fault, bool succeeded);
    Verdict broken(const std::string& what);
    void start_afresh();
    std::string what_is_left(std::chrono::milliseconds patience) const;

    Place place_;
    const Operation& operation_;
    std::set<std::string> host_before_;
    Tracer tracer_;
    Outcome outcome_;
    std::string said_;
    std::string complaint_;
    std::vector<std::string> limits_before_;
    bool ready_ = false;  ///< what must be there before is there already
};

}  // namespace crash
