// SPDX-License-Identifier: 0BSD
#include "app/replay_report.h"

#include <nlohmann/json.hpp>

namespace fabula::app {
namespace {

using Json = nlohmann::ordered_json;

void add_reasons(const std::vector<engine::LeftOut>& left_out, const char* what, Json& reasons) {
    for (const auto& each : left_out) {
        reasons.push_back(
            {{"what", what}, {"candidates", each.n_candidates}, {"reason", each.reason}});
    }
}

}  // namespace

std::string replay_as_json(store::StoryId story, const engine::Replayed& replayed) {
    Json differing = Json::array();
    for (const auto& found : replayed.differing) {
        differing.push_back({{"offer", static_cast<std::int64_t>(found.offer)},
                             {"step", found.step},
                             {"index", found.index},
                             {"position", found.position},
                             {"what", found.what},
                             {"kept", found.kept},
                             {"drawn", found.drawn}});
    }
    Json reasons = Json::array();
    add_reasons(replayed.not_promised, "not_promised", reasons);
    add_reasons(replayed.other, "other", reasons);
    const Json report{{"candidates", replayed.candidates},
                      {"equal", replayed.equal},
                      {"not_promised", engine::count(replayed.not_promised)},
                      {"other", engine::count(replayed.other)},
                      {"differing", std::move(differing)},
                      {"reasons", std::move(reasons)},
                      {"stopped", replayed.was_stopped},
                      {"story", static_cast<std::int64_t>(story)}};
    return report.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace fabula::app
