// SPDX-License-Identifier: 0BSD
#include "model/import_llama2c.h"

#include <algorithm>
#include <array>
#include <utility>

namespace fabula::model {
namespace {

constexpr std::array<std::pair<WeightType, const char*>, 4> weight_types = {
    {{WeightType::f32, "f32"},
     {WeightType::f16, "f16"},
     {WeightType::q8_0, "q8_0"},
     {WeightType::q4_0, "q4_0"}}};

}  // namespace

const char* name_of(WeightType type) {
    const auto* const found =
        std::ranges::find(weight_types, type, &std::pair<WeightType, const char*>::first);
    return found->second;
}

Result<WeightType> weight_type_named(std::string_view name) {
    for (const auto& [type, known] : weight_types) {
        if (name == known) return type;
    }
    return Error{ErrorCode::invalid_input,
                 "weight type '" + std::string(name) + "': one of f32, f16, q8_0, q4_0"};
}

}  // namespace fabula::model
