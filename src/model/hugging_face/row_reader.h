// SPDX-License-Identifier: 0BSD
// The numbers of one tensor of a model folder as rows of the GGUF tensor that it becomes.
#pragma once

#include "model/hugging_face/tensor_plan.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fabula::model::hugging_face {

class RowReader {
public:
    /// `bytes` are those of the whole tensor, `dtype` is one of weights; both outlive the reader.
    RowReader(const PlannedTensor& tensor, std::span<const std::byte> bytes,
              const std::string& dtype);

    /// Rows `first` to `first` + `n` of [n_rows, n_columns]; valid until the next call.
    std::span<const float> rows(std::uint64_t first, std::uint64_t n);

private:
    void read_transposed(std::uint64_t first, std::uint64_t n);
    void read_vector();

    const PlannedTensor& tensor_;
    std::span<const std::byte> bytes_;
    const std::string& dtype_;
    std::uint64_t number_bytes_;
    std::vector<float> rows_;
    std::vector<float> line_;
};

}  // namespace fabula::model::hugging_face
