// SPDX-License-Identifier: 0BSD
// Which tensors a model of a family has: the names, shapes and order that llama.cpp expects, and
// what each is filled with.
#pragma once

#include "make_model/made_shape.h"

#include <cstdint>
#include <string>
#include <vector>

namespace fabula::make_model {

enum class Filling {
    weights,         // normal, of deviation 1 / sqrt(n_columns)
    biases,          // normal, of deviation 0.05
    gains,           // uniform in [0.7, 1.3)
    embedding_gains  // the same, of the norm behind the embedding, which has no outliers
};

struct MadeTensor {
    std::string name;
    std::uint64_t n_columns = 0;  // fastest axis: what a row of a matrix is multiplied with
    std::uint64_t n_rows = 1;     // 1: a vector
    Filling filling = Filling::weights;
    bool keeps_f32 = true;  // all vectors, and the positions of gpt2
};

std::vector<MadeTensor> tensors_of(const ModelShape& shape);

}  // namespace fabula::make_model
