// SPDX-License-Identifier: 0BSD
#include "evaluate/choices_report.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace fabula::evaluate {
namespace {

using Json = nlohmann::ordered_json;

Json number(std::optional<double> value) {
    return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

Json time(std::optional<Timestamp> value) {
    return value ? Json(to_iso8601(*value)) : Json(nullptr);
}

Json as_json(const std::vector<Counted>& counted) {
    auto list = Json::array();
    for (const auto& each : counted)
        list.push_back({{"name", each.name}, {"n", each.n}});
    return list;
}

Json as_json(const ClusteredMean& mean) {
    Json json{{"n", mean.size()}, {"stories", mean.n_stories()}};
    if (mean.size() == 0) return json;
    const auto half = mean.half_width();
    json["mean"] = mean.mean();
    json["low"] = half ? Json(mean.mean() - *half) : Json(nullptr);
    json["high"] = half ? Json(mean.mean() + *half) : Json(nullptr);
    return json;
}

void put(Json& json, const preference::WinRate& rate) {
    json["shown"] = rate.n_shown;
    json["picked"] = rate.n_picked;
    json["enough"] = rate.is_known();
    if (rate.n_shown == 0) return;
    json["rate"] = rate.rate();
    json["low"] = rate.ends().low;
    json["high"] = rate.ends().high;
    json["chance"] = rate.chance();
}

Json as_json(const std::vector<RateRow>& rows) {
    auto list = Json::array();
    for (const auto& row : rows) {
        Json json{{"name", row.label}};
        put(json, row.rate);
        list.push_back(std::move(json));
    }
    return list;
}

Json as_json(const std::vector<SettingMeans>& settings) {
    Json json = Json::object();
    for (const auto& setting : settings) {
        auto steps = Json::array();
        for (const auto& means : setting.steps)
            steps.push_back({{"step", means.step},
                             {"picked", as_json(means.picked)},
                             {"shown", as_json(means.shown)}});
        json[setting.name] = std::move(steps);
    }
    return json;
}

Json as_json(const Plane& plane) {
    auto cells = Json::array();
    for (std::size_t row = 0; row < plane.n_rows(); ++row) {
        for (std::size_t column = 0; column < plane.n_columns(); ++column) {
            const bool is_all = plane.has_all && column + 1 == plane.n_columns();
            Json cell{{"temperature", {plane.temperatures[row], plane.temperatures[row + 1]}}};
            cell["top_k"] =
                is_all ? Json("all") : Json({plane.top_ks[column], plane.top_ks[column + 1]});
            put(cell, plane.cells[row * plane.n_columns() + column]);
            cells.push_back(std::move(cell));
        }
    }
    return cells;
}

Json as_json(const FeatureEffect& each) {
    const auto& effect = each.effect;
    Json json{{"feature", each.feature->name}, {"hint", each.feature->hint},
              {"unit", each.feature->unit},    {"offers", effect.n_offers},
              {"stories", effect.n_stories},   {"enough", effect.is_known}};
    if (!effect.is_known) return json;
    json["picked_mean"] = effect.picked_mean;
    json["others_mean"] = effect.others_mean;
    json["size"] = effect.size;
    json["low"] = effect.size_ends.low;
    json["high"] = effect.size_ends.high;
    json["p"] = effect.p;
    json["adjusted_p"] = number(each.adjusted_p);
    json["odds_ratio"] = number(effect.odds_ratio);
    if (effect.odds_ratio) {
        json["odds_ratio_low"] = number(effect.odds_ratio_ends.low);
        json["odds_ratio_high"] = number(effect.odds_ratio_ends.high);
    }
    return json;
}

Json as_json(const std::vector<TimeRow>& rows) {
    auto list = Json::array();
    for (const auto& row : rows) {
        Json json{{"from", row.from}, {"to", number(row.to)}};
        put(json, row.first);
        list.push_back(std::move(json));
    }
    return list;
}

}  // namespace

std::string report_as_json(const ChoicesReport& report, Timestamp made) {
    Json json{{"format", "fabula-choices-report"},
              {"version", 1},
              {"made", to_iso8601(made)},
              {"chooser", name_of(report.chooser)},
              {"fallback", report.is_fallback},
              {"stories", report.n_stories},
              {"decided_by_person", report.n_by_person},
              {"decided_by_score", report.n_by_score},
              {"compared",
               {{"offers", report.n_compared},
                {"stories", report.n_compared_stories},
                {"candidates", report.n_shown}}},
              {"first", time(report.first)},
              {"last", time(report.last)},
              {"models", as_json(report.models)},
              {"users", as_json(report.users)}};
    json["least"] = {{"stories", preference::least_stories},
                     {"offers", preference::least_offers},
                     {"shown", preference::least_shown}};
    json["settings"] = as_json(report.settings);
    json["plane"] = as_json(report.plane);
    json["policies"] = as_json(report.policies);
    json["typical_p"] = as_json(report.typical_ps);
    auto effects = Json::array();
    for (const auto& effect : report.effects)
        effects.push_back(as_json(effect));
    json["effects"] = std::move(effects);
    json["first_words"] = as_json(report.first_words);
    json["different_first_words"] = report.n_different_first_words;
    json["places"] = as_json(report.places);
    json["first_place_by_seconds"] = as_json(report.times);
    json["median_seconds"] = number(report.median_seconds);
    json["outcomes"] = {{"decisions", report.outcomes.n_decisions},
                        {"picked", report.outcomes.n_picked},
                        {"edited", report.outcomes.n_edited},
                        {"written", report.outcomes.n_written},
                        {"refused", report.outcomes.n_refused}};
    json["decisions_of_persons"] = report.n_person_decisions;
    json["reasons"] = as_json(report.reasons);
    json["ratings"] = {{"up_picked", report.ratings.up_picked},
                       {"down_picked", report.ratings.down_picked},
                       {"up_others", report.ratings.up_others},
                       {"down_others", report.ratings.down_others}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string summary_as_json(const ChoicesReport& report, const std::string& page,
                            const std::string& data) {
    const Json json{{"page", page},
                    {"data", data},
                    {"chooser", name_of(report.chooser)},
                    {"fallback", report.is_fallback},
                    {"stories", report.n_compared_stories},
                    {"offers", report.n_compared},
                    {"choices", report.outcomes.n_decisions}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace fabula::evaluate
