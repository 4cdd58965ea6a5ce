// SPDX-License-Identifier: 0BSD
// Presets of other programs, read as settings: KoboldAI and KoboldCpp, SillyTavern,
// text-generation-webui, Hugging Face's generation_config.json. What has no equal here is named,
// not dropped in silence.
#pragma once

#include "base/result.h"
#include "sample/settings.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::sample {

enum class Program { kobold, sillytavern, webui, huggingface };

/// "kobold", "sillytavern", "webui", "huggingface".
const char* name_of(Program program);
/// Errors: invalid_input, naming the known ones.
Result<Program> program_named(std::string_view name);

/// A preset as Fabula has it.
struct ForeignSettings {
    Program program{};
    Settings settings;               // those it sets, over the settings that are off
    std::vector<std::string> taken;  // one line each: "rep_pen 1.1 is repetition_penalty 1.1"
    std::vector<std::string> left;   // one line each: "tfs 0.9 has no equal here: left out"
};

constexpr std::size_t most_preset_bytes = 1U << 20U;

/// Reads a preset: a JSON object, or YAML (webui). The program is known by its keys unless given.
/// A key whose value means "off" over there says nothing; a value that lies outside our range, and
/// a key that nobody here knows, is named in `left`. Errors: invalid_input for what is no flat
/// object, more than most_preset_bytes, or settings that cannot hold together. Never throws.
Result<ForeignSettings> settings_from_foreign(std::string_view text,
                                              const Program* program = nullptr);

/// How one key of other programs is read, for the guide's table.
struct ForeignKey {
    const char* names;  // theirs, by commas
    const char* ours;   // "" where there is no equal
    const char* note;   // how the value changes, or ""
};
std::span<const ForeignKey> foreign_keys();

}  // namespace fabula::sample
