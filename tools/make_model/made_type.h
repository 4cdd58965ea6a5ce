// SPDX-License-Identifier: 0BSD
// The types of weights that a made model can have, by the names that llama.cpp gives them.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace fabula::make_model {

enum class Mixture { pure, mixed };

/// What the matrices of a file are made of.
struct MadeType {
    const char* name = "f32";
    std::uint32_t file_type = 0;  // general.file_type: llama_ftype
    bool quantised = false;       // else f32, f16 or bf16
    Mixture mixture = Mixture::pure;
};

/// "q4_k" is one type for all matrices; "q4_k_m" llama.cpp's mixture of that name. A matrix whose
/// rows no block divides gets the type that llama.cpp falls back to. Errors: invalid_input, with
/// the known names.
Result<MadeType> type_named(std::string_view name);

/// "f32, f16, ...": what type_named knows.
std::string type_names();

}  // namespace fabula::make_model
