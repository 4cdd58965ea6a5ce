// SPDX-License-Identifier: 0BSD
#include "app/import_report.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace fabula::app {

std::string import_as_json(const exchange::ImportReport& report, bool is_dry) {
    using Json = nlohmann::ordered_json;
    Json reasons = Json::array();
    for (const auto& each : report.first_skipped)
        reasons.push_back({{"place", each.place},
                           {"line", each.line},
                           {"kind", each.kind},
                           {"reason", each.reason}});
    Json kinds = Json::object();
    for (const auto& [kind, n] : report.skipped_by_kind)
        kinds[kind] = n;
    const Json object{{"stories", report.stories},
                      {"offers", report.offers},
                      {"choices", report.choices},
                      {"skipped", report.skipped},
                      {"edited", report.edited},
                      {"unmatched", report.unmatched},
                      {"format", exchange::name_of(report.format)},
                      {"dry_run", is_dry},
                      {"stopped", report.was_stopped},
                      {"skipped_by_kind", std::move(kinds)},
                      {"skipped_reasons", std::move(reasons)}};
    return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace fabula::app
