// SPDX-License-Identifier: 0BSD
// Settings as JSON text, validated. Keys are the names in `fields()`, and bad_words, stop,
// logit_bias (an object from token id to bias), ignore_end, order (a list of stage names).
#pragma once

#include "sample/settings.h"

#include <string>
#include <string_view>

namespace fabula::sample {

/// One line, keys in the order of `fields()`. Every setting is written, defaults too.
std::string to_json(const Settings& settings);

/// Reads an object; keys that are absent keep their value in `base`.
/// Errors: invalid_input for text that is no JSON object, an unknown key, a wrong type, a value out
/// of range; the message names the key. Never throws, whatever the bytes.
Result<Settings> settings_from_json(std::string_view json, const Settings& base = {});

}  // namespace fabula::sample
