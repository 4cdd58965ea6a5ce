// SPDX-License-Identifier: 0BSD
// Activations of some rows in the form that a product wants them: see kernels.h.
#pragma once

#include "model/cpu/kernels.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fabula::model::cpu {

/// Which forms a product reads.
struct Forms {
    bool values = false;
    bool codes = false;
};

class Rows {
public:
    /// Room for `n_rows` rows of at most `most_in` numbers.
    Rows(std::size_t n_rows, std::size_t most_in);

    /// Starts on rows of `n_in` numbers; what was there is gone.
    void begin(std::size_t n_rows, std::size_t n_in, Forms forms);
    /// Sets one row; different rows from different threads.
    void set(const Kernels& kernels, std::size_t row, const float* values) {
        set_part(kernels, {row, 0, n_in_}, values);
    }

    /// Some columns of a row, from a multiple of 32 on and as many, or to its end.
    struct Part {
        std::size_t row = 0;
        std::size_t first = 0;
        std::size_t n = 0;
    };
    /// Sets those; different parts from different threads.
    void set_part(const Kernels& kernels, const Part& part, const float* values);

    Activations activations() const;

private:
    std::size_t n_rows_ = 0;
    std::size_t n_in_ = 0;
    Forms forms_;
    std::vector<float> values_;
    std::vector<std::int8_t> codes_;
    std::vector<float> scales_;
    std::vector<float> scaled_sums_;
    std::vector<std::int32_t> negative_sums_;
    std::vector<std::int32_t> negative_halves_;
};

}  // namespace fabula::model::cpu
