// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_check.h"

#include <nlohmann/json.hpp>

namespace fabula::exchange {

std::string check_as_json(const CheckReport& report, const std::string& folder) {
    using Json = nlohmann::ordered_json;
    Json faults = Json::array();
    for (const auto& fault : report.faults)
        faults.push_back(Json{{"place", fault.place}, {"what", fault.what}});
    const Json value{{"folder", folder},
                     {"ok", report.n_faults == 0},
                     {"stories", report.manifest.total().stories},
                     {"offers", report.n_offers},
                     {"pairs", report.n_pairs},
                     {"n_faults", report.n_faults},
                     {"faults", std::move(faults)}};
    return value.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace fabula::exchange
