// SPDX-License-Identifier: 0BSD
// The kernels, written once over sixteen lanes. A file that includes this has included one
// lanes_*.h before, and is compiled for the processor whose lanes these are, without contraction of
// a * b + c: which of them are fused is written here. Nothing of the standard library's inline code
// is used, so that none of it is left behind in a form that other processors cannot run.
#pragma once

#include "model/cpu/over_lanes_attention.h"
#include "model/cpu/over_lanes_products.h"
#include "model/cpu/over_lanes_rows.h"

// One file includes this, and what it defines stays in it.
// NOLINTBEGIN(misc-definitions-in-headers,cppcoreguidelines-init-variables,readability-function-size)
// NOLINTBEGIN(readability-function-cognitive-complexity,bugprone-integer-division)
namespace fabula::model::cpu {
namespace {

constexpr Kernels make_kernels(const char* name) {
    return {name,
            {multiply<Format::f32>, multiply<Format::f16>, multiply<Format::bf16>,
             multiply<Format::q8_0>, multiply<Format::q4_0>, multiply<Format::q5_0>,
             multiply<Format::q5_1>, multiply<Format::q4_k>, multiply<Format::q5_k>,
             multiply<Format::q6_k>},
            quantise,
            layer_norm,
            rms_norm,
            add,
            gelu,
            swiglu,
            to_halves,
            score<Half>,
            score<float>,
            softmax,
            mix<Half>,
            mix<float>};
}

}  // namespace
}  // namespace fabula::model::cpu
// NOLINTEND(readability-function-cognitive-complexity,bugprone-integer-division)
// NOLINTEND(misc-definitions-in-headers,cppcoreguidelines-init-variables,readability-function-size)
