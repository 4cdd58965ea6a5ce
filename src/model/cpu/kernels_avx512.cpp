// SPDX-License-Identifier: 0BSD
#include "model/cpu/lanes_avx512.h"
#include "model/cpu/over_lanes.h"

namespace fabula::model::cpu {

const Kernels& avx512_kernels() {
    static constexpr Kernels kernels = make_kernels("avx512");
    return kernels;
}

}  // namespace fabula::model::cpu
