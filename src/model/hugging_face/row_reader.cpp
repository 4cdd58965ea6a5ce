// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/row_reader.h"

#include "model/hugging_face/safetensors.h"

#include <cassert>

namespace fabula::model::hugging_face {

RowReader::RowReader(const PlannedTensor& tensor, std::span<const std::byte> bytes,
                     const std::string& dtype)
    : tensor_(tensor), bytes_(bytes), dtype_(dtype), number_bytes_(dtype_bytes(dtype)) {
    assert(bytes.size() == tensor.n_rows * tensor.n_columns * number_bytes_);
}

std::span<const float> RowReader::rows(std::uint64_t first, std::uint64_t n) {
    assert(first + n <= tensor_.n_rows);
    rows_.resize(n * tensor_.n_columns);
    if (tensor_.is_vector) {
        read_vector();
    } else if (tensor_.layout == Layout::transposed) {
        read_transposed(first, n);
    } else {
        const std::uint64_t row_bytes = tensor_.n_columns * number_bytes_;
        for (std::uint64_t i = 0; i < n; ++i) {
            const std::uint64_t from = source_row(tensor_, first + i);
            to_floats(dtype_, bytes_.subspan(from * row_bytes, row_bytes),
                      std::span(rows_).subspan(i * tensor_.n_columns, tensor_.n_columns));
        }
    }
    return rows_;
}

/// Column `first` and those behind it, of [n_columns, n_rows].
void RowReader::read_transposed(std::uint64_t first, std::uint64_t n) {
    line_.resize(n);
    for (std::uint64_t column = 0; column < tensor_.n_columns; ++column) {
        const std::uint64_t from = column * tensor_.n_rows + first;
        to_floats(dtype_, bytes_.subspan(from * number_bytes_, n * number_bytes_), line_);
        for (std::uint64_t i = 0; i < n; ++i)
            rows_[i * tensor_.n_columns + column] = line_[i];
    }
}

void RowReader::read_vector() {
    line_.resize(tensor_.n_columns);
    to_floats(dtype_, bytes_, line_);
    for (std::uint64_t i = 0; i < tensor_.n_columns; ++i)
        rows_[i] = line_[source_row(tensor_, i)];
}

}  // namespace fabula::model::hugging_face
