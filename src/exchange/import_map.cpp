// SPDX-License-Identifier: 0BSD
#include "exchange/import_map.h"

#include "sample/nearest.h"
#include "sample/settings.h"

#include <algorithm>
#include <array>

namespace fabula::exchange {
namespace {

constexpr std::array keys{MapKey{"id", &FieldMap::id},
                          MapKey{"story", &FieldMap::story},
                          MapKey{"prompt", &FieldMap::prompt},
                          MapKey{"title", &FieldMap::title},
                          MapKey{"seed", &FieldMap::seed},
                          MapKey{"steps", &FieldMap::steps},
                          MapKey{"step", &FieldMap::step},
                          MapKey{"parent", &FieldMap::parent},
                          MapKey{"offer", &FieldMap::offer},
                          MapKey{"input", &FieldMap::input},
                          MapKey{"prompt_token_ids", &FieldMap::prompt_ids},
                          MapKey{"candidates", &FieldMap::candidates},
                          MapKey{"user", &FieldMap::user},
                          MapKey{"chooser", &FieldMap::chooser},
                          MapKey{"reason", &FieldMap::reason},
                          MapKey{"seconds", &FieldMap::seconds},
                          MapKey{"created", &FieldMap::created},
                          MapKey{"model", &FieldMap::model},
                          MapKey{"model_hash", &FieldMap::model_hash},
                          MapKey{"backend", &FieldMap::backend},
                          MapKey{"text", &FieldMap::text},
                          MapKey{"picked", &FieldMap::picked},
                          MapKey{"position", &FieldMap::position},
                          MapKey{"token_ids", &FieldMap::token_ids},
                          MapKey{"logprobs_model", &FieldMap::logprobs_model},
                          MapKey{"logprobs", &FieldMap::logprobs},
                          MapKey{"entropies", &FieldMap::entropies},
                          MapKey{"ranks", &FieldMap::ranks},
                          MapKey{"policy", &FieldMap::policy},
                          MapKey{"propensity", &FieldMap::propensity},
                          MapKey{"stream", &FieldMap::stream},
                          MapKey{"ending", &FieldMap::ending},
                          MapKey{"score", &FieldMap::score},
                          MapKey{"copied_share", &FieldMap::copied_share},
                          MapKey{"drawn_in", &FieldMap::drawn_in}};

Error invalid(const std::string& message) {
    return {ErrorCode::invalid_input, "map: " + message};
}

Result<Paths> paths_from(const std::string& key, const Value& value) {
    const auto is_path = [](const Value& each) { return each.text() != nullptr; };
    Paths paths;
    if (const auto* text = value.text()) {
        if (!text->empty()) paths.push_back(*text);
        return paths;
    }
    const auto* list = value.list();
    if (list == nullptr || !std::all_of(list->begin(), list->end(), is_path))
        return invalid("'" + key + "' must be a path, such as \"params.temperature\", or a list");
    for (const Value& each : *list)
        paths.push_back(*each.text());
    return paths;
}

bool is_setting(std::string_view name) {
    const auto is_it = [&](const auto& field) { return field.name == name; };
    const auto numbers = sample::fields();
    const auto others = sample::other_fields();
    return std::any_of(numbers.begin(), numbers.end(), is_it) ||
           std::any_of(others.begin(), others.end(), is_it);
}

Result<Unit> take_settings(const Value& value, FieldMap& map) {
    const auto* object = value.object();
    if (object == nullptr) {
        auto paths = paths_from("settings", value);
        if (!paths) return paths.error();
        map.settings_object = *std::move(paths);
        return Unit{};
    }
    for (const Member& each : *object) {
        if (!is_setting(each.key)) {
            const auto known = sample::field_named(each.key);
            return invalid("settings: " + (known ? "write '" + std::string((*known)->name) + "'"
                                                 : known.error().message));
        }
        auto paths = paths_from(each.key, each.value);
        if (!paths) return paths.error();
        map.settings.emplace_back(each.key, *std::move(paths));
    }
    return Unit{};
}

Result<Unit> take_key(const Member& member, FieldMap& map) {
    if (member.key == "settings") return take_settings(member.value, map);
    if (member.key == "first_index") {
        const auto first = whole_of(member.value);
        if (!first || *first < 0 || *first > 1) return invalid("'first_index' must be 0 or 1");
        map.first_index = static_cast<std::size_t>(*first);
        return Unit{};
    }
    for (const MapKey& known : keys) {
        if (member.key != known.name) continue;
        auto paths = paths_from(member.key, member.value);
        if (!paths) return paths.error();
        map.*known.paths = *std::move(paths);
        return Unit{};
    }
    std::vector<std::string_view> names{"settings", "first_index"};
    for (const MapKey& known : keys)
        names.emplace_back(known.name);
    return invalid(sample::unknown_name("key", member.key, names).message);
}

FieldMap map_of_rows() {
    FieldMap map;
    map.id = {};
    for (const MapKey& key : keys) {
        if (key.paths != &FieldMap::steps && key.paths != &FieldMap::candidates &&
            key.paths != &FieldMap::id)
            map.*key.paths = {key.name};
    }
    map.settings_object = {"."};
    return map;
}

// Ours names the story by its number there, which is nobody else's; the seed tells it apart.
FieldMap map_of_candidates() {
    FieldMap map = map_of_rows();
    map.input = {"prompt"};
    map.drawn_in = {"seconds"};
    map.settings_object = {"settings"};
    for (const auto absent : {&FieldMap::prompt, &FieldMap::seconds, &FieldMap::title,
                              &FieldMap::user, &FieldMap::position})
        map.*absent = {};
    return map;
}

FieldMap map_of_documents() {
    FieldMap map;
    for (const MapKey& key : keys) {
        if (key.paths != &FieldMap::id) map.*key.paths = {key.name};
    }
    map.story = {};
    map.parent = {};
    map.settings_object = {"settings"};
    return map;
}

}  // namespace

std::span<const MapKey> map_keys() {
    return keys;
}

FieldMap standard_map(Format format) {
    switch (format) {
        case Format::csv:
            return map_of_rows();
        case Format::candidates:
            return map_of_candidates();
        case Format::json:
            break;
    }
    return map_of_documents();
}

Result<FieldMap> map_from_json(std::string_view json) {
    const auto value = value_from_json(json);
    if (!value) return Error{value.error().code, "map: " + value.error().message};
    const auto* object = value->object();
    if (object == nullptr) return invalid("not a JSON object");
    FieldMap map;
    for (const Member& each : *object) {
        if (auto taken = take_key(each, map); !taken) return taken.error();
    }
    if (map.text.empty()) return invalid("'text' is missing: where the words of a candidate lie");
    if (map.steps.empty() && map.story.empty())
        return invalid("either 'steps' or 'story', which says what belongs together, is needed");
    if (!map.steps.empty() && map.candidates.empty())
        return invalid("'candidates' is missing: where they lie in a step");
    return map;
}

}  // namespace fabula::exchange
