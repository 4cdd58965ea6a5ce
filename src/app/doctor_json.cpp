// SPDX-License-Identifier: 0BSD
#include "app/doctor.h"

#include <nlohmann/json.hpp>

namespace fabula::app {

std::string findings_as_json(const std::vector<Finding>& findings) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& finding : findings)
        list.push_back(
            {{"check", finding.what}, {"state", name_of(finding.state)}, {"words", finding.words}});
    return list.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace fabula::app
