// SPDX-License-Identifier: 0BSD
#include "sample/vectors.h"

#include <atomic>
#include <cassert>

namespace fabula::sample {
namespace {

Vectors widest() {
    if (has(Vectors::avx512)) return Vectors::avx512;
    return has(Vectors::avx2) ? Vectors::avx2 : Vectors::portable;
}

std::atomic<Vectors>& in_use() {
    static std::atomic<Vectors> chosen{widest()};
    return chosen;
}

}  // namespace

Vectors vectors() {
    return in_use().load(std::memory_order_relaxed);
}

bool has(Vectors wanted) {
#if defined(__x86_64__)
    if (wanted == Vectors::avx2) return __builtin_cpu_supports("avx2") != 0;
    if (wanted == Vectors::avx512)
        return has(Vectors::avx2) && __builtin_cpu_supports("avx512f") != 0 &&
               __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
#endif
    return wanted == Vectors::portable;
}

void use(Vectors wanted) {
    assert(has(wanted));
    in_use().store(wanted, std::memory_order_relaxed);
}

}  // namespace fabula::sample
