// SPDX-License-Identifier: 0BSD
#include "app/step_settings.h"
#include "store/bounded_json.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <limits>

namespace fabula::app {
namespace {

using Json = nlohmann::ordered_json;
using preference::Average;
using preference::StepAverages;

constexpr const char* format_name = "fabula-step-settings";
constexpr std::size_t most_steps = 100'000;
constexpr store::JsonBounds bounds{
    .size_bytes = std::size_t{64} << 20, .depth = 6, .values = 30 * most_steps};

struct Setting {
    const char* name;
    Average StepAverages::*average;
};

constexpr std::array<Setting, 4> settings{{{"temperature", &StepAverages::temperature},
                                           {"top_k", &StepAverages::top_k},
                                           {"typical_p", &StepAverages::typical_p},
                                           {"max_new_tokens", &StepAverages::max_new_tokens}}};

Json to_value(const std::optional<double>& number) {
    return number ? Json(*number) : Json(nullptr);
}

Json to_value(const StepAverages& step) {
    Json value{{"step", step.step}, {"n", step.n}};
    for (const auto& [name, average] : settings) {
        const Average& each = step.*average;
        value[name] = Json{{"n", each.n},
                           {"mean", to_value(each.mean)},
                           {"sd", each.sd},
                           {"used", to_value(each.used)},
                           {"spread", each.spread}};
    }
    value["n_all_tokens"] = step.n_all_tokens;
    return value;
}

Error fault(const std::string& place, const std::string& what) {
    return {ErrorCode::invalid_input, place + ": " + what};
}

// A number that is there and finite, or nothing.
Result<std::optional<double>> number_at(const Json& object, const char* key,
                                        const std::string& place) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return std::optional<double>();
    if (!found->is_number()) return fault(place + "." + key, "not a number");
    const double number = found->get<double>();
    if (!std::isfinite(number)) return fault(place + "." + key, "not a number");
    return std::optional(number);
}

Result<std::size_t> count_at(const Json& object, const char* key, const std::string& place) {
    const auto found = object.find(key);
    if (found == object.end()) return std::size_t{0};
    if (!found->is_number_unsigned() || found->get<std::uint64_t>() > 1'000'000'000)
        return fault(place + "." + key, "not a count");
    return found->get<std::size_t>();
}

Result<Average> average_from(const Json& object, const char* name, const std::string& place) {
    if (!object.is_object()) return fault(place, "not an object");
    Average average;
    const auto n = count_at(object, "n", place);
    if (!n) return n.error();
    average.n = *n;
    for (auto [key, target] : {std::pair{"mean", &average.mean}, {"used", &average.used}}) {
        const auto number = number_at(object, key, place);
        if (!number) return number.error();
        *target = *number;
    }
    for (auto [key, target] : {std::pair{"sd", &average.sd}, {"spread", &average.spread}}) {
        const auto number = number_at(object, key, place);
        if (!number) return number.error();
        *target = number->value_or(0);
        if (*target < 0) return fault(place + "." + key, "below 0");
    }
    // What a policy goes by must be a setting.
    const auto field = sample::field_named(name);
    for (const auto& value : {average.used, average.mean}) {
        if (!value) continue;
        sample::Settings trial;
        const double whole = (*field)->is_whole ? std::round(*value) : *value;
        if (const auto set = sample::set(trial, name, whole); !set)
            return fault(place, set.error().message);
    }
    return average;
}

Result<StepAverages> step_from(const Json& object, const std::string& place) {
    if (!object.is_object()) return fault(place, "not an object");
    StepAverages step;
    const auto number = count_at(object, "step", place);
    if (!number) return number.error();
    const auto n = count_at(object, "n", place);
    if (!n) return n.error();
    const auto n_all = count_at(object, "n_all_tokens", place);
    if (!n_all) return n_all.error();
    step.step = *number;
    step.n = *n;
    step.n_all_tokens = *n_all;
    bool has_any = false;
    for (const auto& [name, average] : settings) {
        const auto found = object.find(name);
        if (found == object.end()) continue;
        auto read = average_from(*found, name, (place.empty() ? "" : place + ".") + name);
        if (!read) return read.error();
        step.*average = *read;
        has_any = true;
    }
    if (!has_any)
        return fault(place.empty() ? "document" : place,
                     "none of temperature, top_k, typical_p, max_new_tokens is in it");
    return step;
}

Result<StepDump> dump_from(const Json& document) {
    StepDump dump;
    if (!document.contains("format")) {
        auto step = step_from(document, "");
        if (!step) return step.error();
        dump.other = *step;
        return dump;
    }
    if (document["format"] != format_name || document.value("version", Json()) != 1)
        return fault("format", std::string("only ") + format_name + " version 1 is known");
    const auto steps = document.find("steps");
    if (steps == document.end() || !steps->is_array()) return fault("steps", "not a list");
    if (steps->size() > most_steps) return fault("steps", "more than 100000");
    for (std::size_t i = 0; i < steps->size(); ++i) {
        const std::string place = "steps[" + std::to_string(i) + "]";
        auto step = step_from((*steps)[i], place);
        if (!step) return step.error();
        if (step->step < 1) return fault(place + ".step", "steps count from 1");
        const std::size_t number = step->step;
        if (!dump.steps.emplace(number, *std::move(step)).second)
            return fault(place + ".step", std::to_string(number) + " comes twice");
    }
    const auto other = document.find("other");
    if (other == document.end()) return fault("other", "missing");
    auto read = step_from(*other, "other");
    if (!read) return read.error();
    dump.other = *std::move(read);
    return dump;
}

}  // namespace

std::string step_as_json(const StepAverages& step) {
    return to_value(step).dump();
}

std::string dump_as_json(const StepDump& dump) {
    std::string out = std::string("{\"format\":\"") + format_name + "\",\"version\":1,\"steps\":[";
    bool is_first = true;
    for (const auto& [number, step] : dump.steps) {
        out += (is_first ? "\n" : ",\n") + step_as_json(step);
        is_first = false;
    }
    return out + "\n],\"other\":" + step_as_json(dump.other) + "}\n";
}

Result<StepDump> dump_from_json(std::string_view json) {
    if (json.starts_with("\xEF\xBB\xBF")) json.remove_prefix(3);
    if (const auto good = store::check_bounds(json, bounds); !good) return good.error();
    const Json document = Json::parse(json.begin(), json.end(), nullptr, false);
    if (!document.is_object()) return fault("document", "not an object");
    return dump_from(document);
}

bool is_step_dump(std::string_view bytes) {
    if (!store::check_bounds(bytes, bounds)) return false;
    const Json document = Json::parse(bytes.begin(), bytes.end(), nullptr, false);
    if (!document.is_object()) return false;
    if (document.contains("format")) return document["format"] == format_name;
    return document.contains("step") && document.contains("temperature") &&
           document["temperature"].is_object();
}

}  // namespace fabula::app
