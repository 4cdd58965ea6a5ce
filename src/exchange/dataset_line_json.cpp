// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_json.h"
#include "sample/settings_json.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <limits>

namespace fabula::exchange {
namespace {

using Json = nlohmann::ordered_json;

template <typename Value>
Json or_null(const std::optional<Value>& value) {
    return value ? Json(*value) : Json(nullptr);
}

/// The shortest double that a 32-bit reader rounds back to the same float, as in the document of a
/// story; null for an infinity.
Json real(float number) {
    if (!std::isfinite(number)) return nullptr;
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits - 1, number);
    double shortest = 0;
    std::from_chars(digits, end.ptr, shortest);
    const bool is_exact = std::abs(shortest) <= std::numeric_limits<float>::max() &&
                          static_cast<float>(shortest) == number;
    return is_exact ? shortest : static_cast<double>(number);
}

Json list_of(const std::vector<float>& numbers) {
    Json list = Json::array();
    for (const float number : numbers)
        list.push_back(real(number));
    return list;
}

/// As sample::to_json has them, but the biases are a list: columns of tables have fixed names.
Json to_value(const sample::Settings& settings) {
    Json value = Json::parse(sample::to_json(settings), nullptr, false);
    Json biases = Json::array();
    for (const auto& [token, bias] : settings.logit_bias)
        biases.push_back(Json{{"token_id", token}, {"bias", bias}});
    value["logit_bias"] = std::move(biases);
    return value;
}

Json to_value(const CandidateLine& candidate) {
    const auto& tokens = candidate.tokens;
    return {{"index", candidate.index},
            {"text", candidate.text},
            {"settings", to_value(candidate.settings)},
            {"policy", candidate.policy},
            {"propensity", or_null(candidate.propensity)},
            {"n_tokens", candidate.n_tokens},
            {"mean_logprob_model", or_null(candidate.mean_logprob_model)},
            {"mean_logprob", or_null(candidate.mean_logprob)},
            {"token_ids", tokens ? Json(tokens->ids) : Json(nullptr)},
            {"logprobs_model", tokens ? list_of(tokens->logprobs_model) : Json(nullptr)},
            {"logprobs", tokens ? list_of(tokens->logprobs) : Json(nullptr)},
            {"score", or_null(candidate.score)},
            {"copied_share", or_null(candidate.copied_share)},
            {"ending", candidate.ending},
            {"seconds", or_null(candidate.seconds)},
            {"stream", std::to_string(candidate.stream)},
            {"redacted", candidate.is_redacted},
            {"created", candidate.created}};
}

Json to_value(const RatingLine& rating) {
    return {{"index", rating.index},
            {"rating", rating.rating},
            {"reason", rating.reason},
            {"user", or_null(rating.user)},
            {"created", rating.created}};
}

std::string one_line(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string to_json(const OfferLine& offer) {
    Json line{{"id", offer.id},
              {"story", offer.story},
              {"step", offer.step},
              {"passage", offer.passage},
              {"number", offer.number}};
    if (offer.prompt) line["prompt"] = *offer.prompt;
    if (offer.system) line["system"] = *offer.system;
    if (offer.instruction) line["instruction"] = *offer.instruction;
    Json candidates = Json::array();
    for (const auto& each : offer.candidates)
        candidates.push_back(to_value(each));
    line["candidates"] = std::move(candidates);
    line["shown"] = offer.shown.empty() ? Json(nullptr) : Json(offer.shown);
    const auto& decision = offer.decision;
    line["decision"] = decision ? Json(name_of(decision->kind)) : Json(nullptr);
    line["picked"] = decision ? or_null(decision->index) : Json(nullptr);
    line["words"] = decision ? or_null(decision->words) : Json(nullptr);
    line["chooser"] = decision ? Json(decision->chooser) : Json(nullptr);
    line["reason"] = decision ? Json(decision->reason) : Json(nullptr);
    line["user"] = decision ? or_null(decision->user) : Json(nullptr);
    line["seconds"] = decision ? or_null(decision->seconds) : Json(nullptr);
    line["decided"] = decision ? Json(decision->created) : Json(nullptr);
    line["n_choices"] = offer.n_choices;
    Json ratings = Json::array();
    for (const auto& each : offer.ratings)
        ratings.push_back(to_value(each));
    line["ratings"] = std::move(ratings);
    line["seed"] = std::to_string(offer.seed);
    line["model"] = offer.model;
    line["model_hash"] = offer.model_hash;
    line["adapter_hash"] = offer.adapter_hash;
    line["backend"] = offer.backend;
    line["arithmetic"] = offer.arithmetic;
    line["created"] = offer.created;
    return one_line(line);
}

std::string to_json(const PairLine& pair) {
    Json line = Json::object();
    if (pair.prompt) line["prompt"] = *pair.prompt;
    line["chosen"] = pair.chosen;
    line["rejected"] = pair.rejected;
    line["id"] = pair.id;
    line["offer"] = pair.offer;
    line["story"] = pair.story;
    line["step"] = pair.step;
    line["chosen_index"] = pair.chosen_index;
    line["rejected_index"] = pair.rejected_index;
    line["edited"] = pair.is_edited;
    line["chooser"] = pair.chooser;
    line["user"] = or_null(pair.user);
    line["model"] = pair.model;
    return one_line(line);
}

}  // namespace fabula::exchange
