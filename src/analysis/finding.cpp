#include "rt/analysis/finding.hpp"

#include <utility>

namespace rt::analysis {

Finding finding_of(const Failure& failure) {
    // The object has a place of its own: what is left is the sentence.
    Failure sentence = failure;
    sentence.hint.clear();
    sentence.during.clear();
    return {.level = Level::fatal, .object = failure.object, .cause = sentence.message(), .hint = failure.hint};
}

}  // namespace rt::analysis
