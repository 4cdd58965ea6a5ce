// SPDX-License-Identifier: 0BSD
#include "app/presets.h"

#include "app/files.h"
#include "app/paths.h"
#include "sample/nearest.h"
#include "sample/settings_json.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace fabula::app {
namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t most_preset_bytes = 1U << 20U;

// Values for small story models, at which a wrong turn in the first sentence is never mended:
// min_p keeps the tail out however hot it is, DRY ends the loops that such models fall into.
std::vector<Preset> built_in() {
    return {
        {"calm", "Close to what the model expects: few surprises, clean sentences.",
         R"({"temperature":0.6,"min_p":0.1,"dry_multiplier":0.4})", true},
        {"lively", "The model as it is, without its unlikely words.",
         R"({"temperature":1.0,"min_p":0.05,"dry_multiplier":0.8})", true},
        {"wild", "Hot, and every other time without the words that everybody expects.",
         R"({"temperature":1.3,"min_p":0.04,"xtc_probability":0.5,"dry_multiplier":0.8})", true}};
}

bool is_name(const std::string& name) {
    const auto is_good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return !name.empty() && name.size() <= longest_name && name.front() != '-' &&
           std::ranges::all_of(name, is_good);
}

Error no_name(const std::string& name) {
    return {ErrorCode::invalid_input, "preset '" + name.substr(0, longest_name) +
                                          "': a name has small letters, digits, - and _, at most " +
                                          std::to_string(longest_name)};
}

std::string file_of(const std::string& name) {
    return (std::filesystem::path(presets_folder()) / (name + ".json")).string();
}

bool is_built_in(const std::string& name) {
    const auto own = built_in();
    return std::ranges::any_of(own, [&](const Preset& each) { return each.name == name; });
}

Result<Preset> saved(const std::string& name) {
    auto json = read_file(file_of(name), most_preset_bytes);
    if (!json) return json.error();
    const auto settings = sample::settings_from_json(*json);
    if (!settings)
        return Error{settings.error().code,
                     "preset file '" + file_of(name) + "': " + settings.error().message};
    return Preset{name, "", *std::move(json), false};
}

}  // namespace

std::vector<Preset> presets() {
    auto all = built_in();
    std::vector<std::string> names;
    std::error_code failure;
    for (const auto& entry : std::filesystem::directory_iterator(presets_folder(), failure)) {
        const auto& path = entry.path();
        if (path.extension() == ".json" && is_name(path.stem().string()))
            names.push_back(path.stem().string());
    }
    std::ranges::sort(names);
    for (const auto& name : names) {
        auto preset = saved(name);
        if (preset)
            all.push_back(*std::move(preset));
        else
            all.push_back({name, "cannot be read: " + preset.error().message, "{}", false});
    }
    return all;
}

Result<Preset> preset_named(const std::string& name) {
    if (!is_name(name)) return no_name(name);
    for (auto& own : built_in()) {
        if (own.name == name) return std::move(own);
    }
    auto found = saved(name);
    if (found || found.error().code != ErrorCode::not_found) return found;
    const auto all = presets();
    std::vector<std::string_view> known;
    known.reserve(all.size());
    for (const auto& each : all)
        known.emplace_back(each.name);
    return Error{ErrorCode::not_found, sample::unknown_name("preset", name, known).message};
}

Result<Unit> save_preset(const std::string& name, const std::string& json) {
    if (!is_name(name)) return no_name(name);
    if (is_built_in(name))
        return Error{ErrorCode::invalid_input,
                     "preset '" + name + "' comes with Fabula: save yours under another name"};
    if (const auto settings = sample::settings_from_json(json); !settings) return settings.error();
    if (auto made = make_folder_of(file_of(name)); !made) return made;
    return write_file(file_of(name), json + "\n");
}

Result<Unit> remove_preset(const std::string& name) {
    if (!is_name(name)) return no_name(name);
    if (is_built_in(name))
        return Error{ErrorCode::invalid_input, "preset '" + name + "' comes with Fabula and stays"};
    std::error_code failure;
    if (std::filesystem::remove(file_of(name), failure)) return Unit{};
    if (failure)
        return Error{ErrorCode::unavailable,
                     "preset file '" + file_of(name) + "': " + failure.message()};
    return preset_named(name).error();
}

}  // namespace fabula::app
