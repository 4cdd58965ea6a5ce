// SPDX-License-Identifier: 0BSD
#include "app/evaluate_report.h"

#include <nlohmann/json.hpp>

namespace fabula::app {
namespace {

using Json = nlohmann::ordered_json;

void put(Json& json, const evaluate::MeanInterval& share) {
    json["share"] = share.mean;
    json["low"] = share.low ? Json(*share.low) : Json(nullptr);
    json["high"] = share.high ? Json(*share.high) : Json(nullptr);
}

Json of(const evaluate::EstimatorRecord& record, double truth) {
    if (record.seeds == 0) return nullptr;
    const auto n = static_cast<double>(record.seeds);
    return {{"seeds", record.seeds},
            {"mean", record.mean},
            {"relative_error", record.mean / truth - 1},
            {"largest_relative_error", record.largest_relative_error},
            {"within_tenth", record.within_tenth},
            {"coverage", static_cast<double>(record.covering) / n}};
}

}  // namespace

std::string as_json(const PolicyRow& row) {
    Json json{{"reader", row.reader}, {"policy", row.policy}, {"stories", row.last().stories}};
    put(json, row.last().share);
    json["seeds"] = row.seeds;
    json["collect"] = row.collecting;
    json["random_utility"] = row.scale.random;
    json["oracle_utility"] = row.scale.oracle;
    json["curve"] = Json::array();
    for (const auto& point : row.curve) {
        Json entry{{"stories", point.stories}};
        put(entry, point.share);
        json["curve"].push_back(std::move(entry));
    }
    if (!row.held_out.empty()) json["held_out"] = Json::array();
    for (const auto& each : row.held_out)
        json["held_out"].push_back({{"policy", name_of(each.mean.policy)},
                                    {"log_likelihood", each.mean.log_likelihood},
                                    {"behind", each.mean.behind},
                                    {"noise", each.mean.noise},
                                    {"offers", each.mean.n_offers},
                                    {"taken", each.taken}});
    return json.dump() + "\n";
}

std::string as_json(const OffPolicyRow& row) {
    const auto& record = row.record;
    const Json json{{"reader", row.reader},
                    {"target", row.target},
                    {"centre",
                     {{"temperature", row.centre.temperature},
                      {"top_k", row.centre.top_k},
                      {"typical_p", row.centre.typical_p}}},
                    {"width",
                     {{"temperature", row.widths[0]},
                      {"ln_top_k", row.widths[1]},
                      {"typical_p", row.widths[2]}}},
                    {"stories", row.stories},
                    {"seeds", record.seeds},
                    {"truth", record.truth.value},
                    {"truth_standard_error", record.truth.standard_error},
                    {"effective_candidates", record.effective},
                    {"effective_stories", record.effective_stories},
                    {"self_normalised", of(record.self_normalised, record.truth.value)},
                    {"doubly_robust", of(record.doubly_robust, record.truth.value)},
                    {"why_none", record.why_none.empty() ? Json(nullptr) : Json(record.why_none)}};
    return json.dump() + "\n";
}

}  // namespace fabula::app
