// SPDX-License-Identifier: 0BSD
// Settings under a name: three that come with Fabula, and those that people saved, one JSON file
// each in presets_folder() (paths.h).
#pragma once

#include "base/result.h"
#include "sample/settings.h"

#include <string>
#include <string_view>
#include <vector>

namespace fabula::app {

struct Preset {
    std::string name;
    std::string hint;  // one sentence; "" for those that people saved
    std::string json;  // an object with the settings that it sets, and no others
    bool is_built_in = false;
};

/// All there are: first those that come with Fabula, then those saved, by name.
std::vector<Preset> presets();

/// Errors: not_found, naming the nearest; invalid_input for a name that is none; those of reading
/// the file.
Result<Preset> preset_named(const std::string& name);

/// Writes it to disk, in place of one of that name. Errors: invalid_input (a name that is none, or
/// one of Fabula's own; settings that do not hold), those of write_file.
Result<Unit> save_preset(const std::string& name, const std::string& json);

/// Errors: not_found, invalid_input for one of Fabula's own, unavailable.
Result<Unit> remove_preset(const std::string& name);

/// The settings in which `settings` is not `base`, as a JSON object.
std::string difference_json(const sample::Settings& settings, const sample::Settings& base);

/// Those of `names` out of `settings`, as a JSON object.
std::string chosen_json(const sample::Settings& settings, const std::vector<std::string>& names);

/// One setting a line, for people.
std::string preset_as_text(const Preset& preset);
std::string presets_as_json(const std::vector<Preset>& presets);

/// As GET /api/v1/presets has them (docs/formats/http.md), without a line break.
std::string presets_as_api(const std::vector<Preset>& presets);

/// Every setting: name, type, unit, range, default, what it does, where it comes from; on one line.
std::string schema_as_json();

}  // namespace fabula::app
