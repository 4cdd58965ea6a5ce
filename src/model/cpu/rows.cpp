// SPDX-License-Identifier: 0BSD
#include "model/cpu/rows.h"

#include <cassert>

namespace fabula::model::cpu {

Rows::Rows(std::size_t n_rows, std::size_t most_in) {
    const std::size_t places = (n_rows + group_rows - 1) / group_rows * group_rows;
    const std::size_t blocks = places * ((most_in + block_columns - 1) / block_columns);
    values_.resize(places * most_in);
    codes_.resize(blocks * block_columns);
    scales_.resize(blocks);
    scaled_sums_.resize(blocks);
    negative_sums_.resize(blocks);
    negative_halves_.resize(2 * blocks);
}

void Rows::begin(std::size_t n_rows, std::size_t n_in, Forms forms) {
    assert((n_rows + group_rows - 1) / group_rows * group_rows * n_in <= values_.size());
    n_rows_ = n_rows;
    n_in_ = n_in;
    forms_ = forms;
}

void Rows::set_part(const Kernels& kernels, const Part& part, const float* values) {
    assert(part.first % block_columns == 0);
    const std::size_t group = part.row / group_rows;
    const std::size_t place = part.row % group_rows;
    if (forms_.values) {
        float* const out = values_.data() + (group * n_in_ + part.first) * group_rows + place;
        for (std::size_t i = 0; i < part.n; ++i)
            out[i * group_rows] = values[i];
    }
    if (forms_.codes) {
        const std::size_t block =
            (group * (n_in_ / block_columns) + part.first / block_columns) * group_rows;
        const QuantisedRow out{codes_.data() + (block + place) * block_columns,
                               scales_.data() + block + place, scaled_sums_.data() + block + place,
                               negative_sums_.data() + block + place,
                               negative_halves_.data() + 2 * block + place};
        kernels.quantise(values, part.n, out);
    }
}

Activations Rows::activations() const {
    return {n_rows_,
            n_in_,
            values_.data(),
            codes_.data(),
            scales_.data(),
            scaled_sums_.data(),
            negative_sums_.data(),
            negative_halves_.data()};
}

}  // namespace fabula::model::cpu
