// SPDX-License-Identifier: 0BSD
#include "model/cpu/kernels.h"

#include <string>
#include <vector>

namespace fabula::model::cpu {
namespace {

// Best first.
std::vector<const Kernels*> that_run_here() {
    std::vector<const Kernels*> found;
#ifdef FABULA_X86_KERNELS
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vnni"))
        found.push_back(&avx512_kernels());
    // Every processor with AVX2 has F16C, which this builtin does not know by name.
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        found.push_back(&avx2_kernels());
#endif
    found.push_back(&portable_kernels());
    return found;
}

}  // namespace

const Kernels* find_kernels(std::string_view name) {
    for (const Kernels* const kernels : that_run_here()) {
        if (name == kernels->name) return kernels;
    }
    return nullptr;
}

const Kernels& best_kernels() {
    return *that_run_here().front();
}

Result<const Kernels*> kernels_named(std::string_view name) {
    if (name.empty()) return &best_kernels();
    if (const Kernels* const found = find_kernels(name)) return found;
    std::string known;
    for (const Kernels* const kernels : that_run_here())
        known += (known.empty() ? "" : ", ") + std::string(kernels->name);
    const bool is_one = name == "avx512" || name == "avx2" || name == "portable";
    return Error{is_one ? ErrorCode::unavailable : ErrorCode::invalid_input,
                 "kernel '" + std::string(name) + "': this processor runs " + known};
}

}  // namespace fabula::model::cpu
