// SPDX-License-Identifier: 0BSD
#include "sample/row_kernels.h"

#include <atomic>
#include <cmath>
#include <cstring>

namespace fabula::sample {
namespace {

const RowKernels& widest() {
    for (const char* const name : {"avx512", "avx2"}) {
        if (const RowKernels* const found = row_kernels_named(name)) return *found;
    }
    return portable_row_kernels();
}

std::atomic<const RowKernels*>& in_use() {
    static std::atomic<const RowKernels*> kernels{&widest()};
    return kernels;
}

}  // namespace

const RowKernels& row_kernels() {
    return *in_use().load(std::memory_order_relaxed);
}

const RowKernels* row_kernels_named(const char* name) {
#ifdef FABULA_X86_KERNELS
    if (std::strcmp(name, "avx512") == 0 && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return &avx512_row_kernels();
    if (std::strcmp(name, "avx2") == 0 && __builtin_cpu_supports("avx2"))
        return &avx2_row_kernels();
#endif
    return std::strcmp(name, "portable") == 0 ? &portable_row_kernels() : nullptr;
}

void use_row_kernels(const RowKernels& kernels) {
    in_use().store(&kernels, std::memory_order_relaxed);
}

double Mass::log_sum() const {
    return std::log(sum);
}

double Mass::entropy() const {
    return std::log(sum) - moment / sum;
}

}  // namespace fabula::sample
