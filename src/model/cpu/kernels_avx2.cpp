// SPDX-License-Identifier: 0BSD
#include "model/cpu/lanes_avx2.h"
#include "model/cpu/over_lanes.h"

namespace fabula::model::cpu {

const Kernels& avx2_kernels() {
    static constexpr Kernels kernels = make_kernels("avx2");
    return kernels;
}

}  // namespace fabula::model::cpu
