// SPDX-License-Identifier: 0BSD
#include "model/cpu/lanes_portable.h"
#include "model/cpu/over_lanes.h"

namespace fabula::model::cpu {

const Kernels& portable_kernels() {
    static constexpr Kernels kernels = make_kernels("portable");
    return kernels;
}

}  // namespace fabula::model::cpu
