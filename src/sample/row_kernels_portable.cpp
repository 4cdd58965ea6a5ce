// SPDX-License-Identifier: 0BSD
#include "sample/over_floats.h"
#include "sample/over_single_masses.h"
#include "sample/over_weights.h"

namespace fabula::sample {

const RowKernels& portable_row_kernels() {
    static constexpr RowKernels kernels{
        "portable",       weigh<float>, weigh<double>, count_buckets, model_mass,
        rough_mass_below, moments,      extremes,      count,         replace,
        maxima,           pack,         find_outside,  find_nan};
    return kernels;
}

}  // namespace fabula::sample
