#pragma once

#include <string>
#include <vector>

namespace crash {

/// One command of rt: what must be there before, and what may be there when it has succeeded.
struct Operation {
    std::string name;
    std::vector<std::vector<std::string>> before{};  ///< commands: BUNDLE and ID stand for those of the test
    std::string status_before{};                     ///< after them
    std::vector<std::string> command;
    std::string status_after{};       ///< when it is done; "": nothing is left
    std::vector<std::string> undo{};  ///< from status_after back to status_before
    bool may_remove = false;          ///< a failure may take the container away, too
    bool terminal = false;            ///< rt gets one
    bool follows_init = false;        ///< the init that is there already is traced as well
    bool spares_others = false;       ///< whatever happens, the container goes on
};

const std::vector<Operation>& operations();

/// \throws std::runtime_error
const Operation& operation_of(const std::string& name);

}  // namespace crash
