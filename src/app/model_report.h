// SPDX-License-Identifier: 0BSD
// What is known of the models on this machine, for people and for programs.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fabula::app {

/// A line of `fabula model list`.
struct ModelRow {
    std::string name;
    std::string path;  // "" for a known model that is not here
    std::uint64_t size_bytes = 0;
    std::string architecture;
    std::string licence;  // SPDX, or "unknown"
    bool is_used = false;
    std::string note;  // what it is, or why it cannot be read
};

/// The models in the models folder, then those of the catalogue that are not there. `used`: the
/// model that commands take when none is named.
std::vector<ModelRow> list_of_models(const std::string& used);
std::string models_as_text(const std::vector<ModelRow>& rows, const std::string& folder);
std::string models_as_json(const std::vector<ModelRow>& rows);

struct ModelReport {
    std::string name;
    std::string path;
    std::uint64_t size_bytes = 0;
    std::string sha256;
    std::string architecture;
    std::string licence;
    std::uint64_t n_parameters = 0;
    std::uint64_t n_layer = 0;
    std::uint64_t n_embd = 0;
    std::uint64_t n_vocab = 0;
    std::uint64_t window_tokens = 0;
    std::map<std::string, std::size_t> tensor_types;  // how many tensors of each type
    bool has_chat_template = false;
    std::string backend;  // "llama"; "" when none runs it
    std::string why;      // why that one, or why none
};

/// Errors: as model::inspect_gguf.
Result<ModelReport> inspect_model(const std::string& path);
std::string model_as_text(const ModelReport& report);
std::string model_as_json(const ModelReport& report);

}  // namespace fabula::app
