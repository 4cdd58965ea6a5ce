// SPDX-License-Identifier: 0BSD
#include "make_model/made_type.h"

#include <llama.h>

#include <algorithm>
#include <array>

namespace fabula::make_model {
namespace {

constexpr MadeType plain(const char* name, llama_ftype type) {
    return {name, static_cast<std::uint32_t>(type), false, Mixture::pure};
}
constexpr MadeType pure(const char* name, llama_ftype type) {
    return {name, static_cast<std::uint32_t>(type), true, Mixture::pure};
}
constexpr MadeType mixed(const char* name, llama_ftype type) {
    return {name, static_cast<std::uint32_t>(type), true, Mixture::mixed};
}

constexpr std::array<MadeType, 24> types = {
    {plain("f32", LLAMA_FTYPE_ALL_F32),           plain("f16", LLAMA_FTYPE_MOSTLY_F16),
     plain("bf16", LLAMA_FTYPE_MOSTLY_BF16),      pure("q8_0", LLAMA_FTYPE_MOSTLY_Q8_0),
     pure("q4_0", LLAMA_FTYPE_MOSTLY_Q4_0),       pure("q4_1", LLAMA_FTYPE_MOSTLY_Q4_1),
     pure("q5_0", LLAMA_FTYPE_MOSTLY_Q5_0),       pure("q5_1", LLAMA_FTYPE_MOSTLY_Q5_1),
     pure("q2_k", LLAMA_FTYPE_MOSTLY_Q2_K),       pure("q3_k", LLAMA_FTYPE_MOSTLY_Q3_K_S),
     pure("q4_k", LLAMA_FTYPE_MOSTLY_Q4_K_S),     pure("q5_k", LLAMA_FTYPE_MOSTLY_Q5_K_S),
     pure("q6_k", LLAMA_FTYPE_MOSTLY_Q6_K),       pure("iq2_xxs", LLAMA_FTYPE_MOSTLY_IQ2_XXS),
     pure("iq3_xxs", LLAMA_FTYPE_MOSTLY_IQ3_XXS), pure("iq4_nl", LLAMA_FTYPE_MOSTLY_IQ4_NL),
     pure("iq4_xs", LLAMA_FTYPE_MOSTLY_IQ4_XS),   mixed("q3_k_s", LLAMA_FTYPE_MOSTLY_Q3_K_S),
     mixed("q3_k_m", LLAMA_FTYPE_MOSTLY_Q3_K_M),  mixed("q3_k_l", LLAMA_FTYPE_MOSTLY_Q3_K_L),
     mixed("q4_k_s", LLAMA_FTYPE_MOSTLY_Q4_K_S),  mixed("q4_k_m", LLAMA_FTYPE_MOSTLY_Q4_K_M),
     mixed("q5_k_s", LLAMA_FTYPE_MOSTLY_Q5_K_S),  mixed("q5_k_m", LLAMA_FTYPE_MOSTLY_Q5_K_M)}};

}  // namespace

std::string type_names() {
    std::string names;
    for (const MadeType& type : types)
        names += (names.empty() ? "" : ", ") + std::string(type.name);
    return names;
}

Result<MadeType> type_named(std::string_view name) {
    const auto* const found =
        std::ranges::find_if(types, [name](const MadeType& type) { return name == type.name; });
    if (found != types.end()) return *found;
    return Error{ErrorCode::invalid_input,
                 "type '" + std::string(name) + "': one of " + type_names()};
}

}  // namespace fabula::make_model
