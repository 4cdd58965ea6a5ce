// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_json.h"
#include "store/bounded_json.h"

#include <nlohmann/json.hpp>

#include <charconv>

namespace fabula::exchange {
namespace {

using Json = nlohmann::ordered_json;

Json to_value(const SplitCounts& counts) {
    return {{"stories", counts.stories}, {"offers", counts.offers}, {"pairs", counts.pairs}};
}

Json to_value(const Manifest& manifest) {
    const SplitCounts total = manifest.total();
    Json splits = Json::object();
    for (std::size_t i = 0; i < n_splits; ++i)
        splits[split_names[i]] = to_value(manifest.splits[i]);
    return {{"format", "fabula-dataset"},
            {"version", 1},
            {"title", manifest.title},
            {"license", manifest.license},
            {"languages", manifest.languages},
            {"only", manifest.only},
            {"chooser", name_of(manifest.chooser)},
            {"prompts", manifest.has_prompts},
            {"redacted_names", manifest.n_redacted_names},
            {"split",
             {{"seed", std::to_string(manifest.split.seed)}, {"shares", manifest.split.shares}}},
            {"stories", total.stories},
            {"offers", total.offers},
            {"choices", manifest.n_choices},
            {"pairs", total.pairs},
            {"candidates", manifest.n_candidates},
            {"tokens", manifest.n_tokens},
            {"users", manifest.n_users},
            {"splits", std::move(splits)}};
}

std::string dumped(const Json& value, int indent) {
    return value.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

SplitCounts counts_of(const Json& value) {
    return {value.at("stories").get<std::size_t>(), value.at("offers").get<std::size_t>(),
            value.at("pairs").get<std::size_t>()};
}

std::uint64_t decimal(const std::string& digits) {
    std::uint64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

/// `value` has passed the checks of well-formed JSON; what is missing or of another type is an
/// exception of the library, caught where this is called.
Manifest manifest_of(const Json& value) {
    Manifest manifest;
    manifest.title = value.at("title").get<std::string>();
    manifest.license = value.at("license").get<std::string>();
    manifest.languages = value.at("languages").get<std::vector<std::string>>();
    manifest.only = value.at("only").get<std::string>();
    manifest.has_prompts = value.at("prompts").get<bool>();
    manifest.n_redacted_names = value.at("redacted_names").get<std::size_t>();
    manifest.split.seed = decimal(value.at("split").at("seed").get<std::string>());
    manifest.split.shares = value.at("split").at("shares").get<std::array<double, n_splits>>();
    manifest.n_choices = value.at("choices").get<std::size_t>();
    manifest.n_candidates = value.at("candidates").get<std::size_t>();
    manifest.n_tokens = value.at("tokens").get<std::size_t>();
    manifest.n_users = value.at("users").get<std::size_t>();
    for (std::size_t i = 0; i < n_splits; ++i)
        manifest.splits[i] = counts_of(value.at("splits").at(split_names[i]));
    return manifest;
}

}  // namespace

std::string to_json(const Manifest& manifest) {
    return dumped(to_value(manifest), 2);
}

Result<Manifest> manifest_from_json(std::string_view json) {
    const auto refused = [](const std::string& why) {
        return Error{ErrorCode::invalid_input, "dataset.json: " + why};
    };
    try {
        const auto bounded = store::check_bounds(json, {std::size_t{1} << 20, 6, 10'000});
        if (!bounded) return refused(bounded.error().message);
        const Json value = Json::parse(json, nullptr, false);
        if (!value.is_object() || value.value("format", "") != "fabula-dataset")
            return refused("is no data set that Fabula published");
        if (value.value("version", 0) != 1)
            return refused("is of another version than 1, which this program reads");
        const auto chooser = chooser_named(value.at("chooser").get<std::string>());
        if (!chooser) return refused(chooser.error().message);
        Manifest manifest = manifest_of(value);
        manifest.chooser = *chooser;
        if (to_value(manifest) == value) return manifest;
        return refused("holds what does not add up, or unknown keys");
    } catch (const Json::exception& failure) {
        return refused(failure.what());
    }
}

std::string published_as_json(const Manifest& manifest, const std::string& folder,
                              std::size_t n_files) {
    Json value = to_value(manifest);
    value.erase("format");
    value.erase("version");
    value["files"] = n_files;
    value["out"] = folder;
    return dumped(value, -1);
}

}  // namespace fabula::exchange
