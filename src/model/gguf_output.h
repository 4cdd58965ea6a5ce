// SPDX-License-Identifier: 0BSD
// Writing GGUF: a header of keys and tensors, then the tensors one behind the other, converted to
// their types some rows at a time. What imports share; knows nothing of where the numbers are from.
#pragma once

#include "base/result.h"
#include "model/import_llama2c.h"
#include "model/part_file.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace fabula::model {

/// Of a matrix with rows of `n_columns`: `wanted`, or f16 where no block of it divides a row.
WeightType type_for(WeightType wanted, std::uint64_t n_columns);

/// A row-major tensor of one or two axes.
struct OutputTensor {
    std::string name;
    WeightType type = WeightType::f32;
    std::uint64_t n_rows = 1;
    std::uint64_t n_columns = 0;
    bool is_vector = false;  // one axis: n_rows is 1
};

/// The front of a GGUF file. Keys are as llama.cpp calls them.
class GgufHeader {
public:
    GgufHeader();
    GgufHeader(const GgufHeader&) = delete;
    GgufHeader& operator=(const GgufHeader&) = delete;
    ~GgufHeader();

    void set(const std::string& key, const std::string& text);
    void set_number(const std::string& key, std::uint64_t value);  // u32
    void set_real(const std::string& key, double value);           // f32
    void set_flag(const std::string& key, bool value);
    void set_texts(const std::string& key, std::span<const std::string> texts);
    void set_reals(const std::string& key, std::span<const float> values);
    void set_integers(const std::string& key, std::span<const std::int32_t> values);

    /// general.file_type and general.quantization_version.
    void set_file_type(WeightType type);
    /// Names are shorter than 64 bytes.
    void add(const OutputTensor& tensor);

    std::vector<std::byte> bytes() const;

private:
    struct Foreign;
    std::unique_ptr<Foreign> foreign_;
};

/// Appends the tensors of a header, in its order, behind it.
class TensorOutput {
public:
    explicit TensorOutput(PartFile& file) : file_(file) {}

    /// Appends some rows of `tensor`. Errors: corrupt, where a number is not finite or the type
    /// cannot hold it: "tensor 'x' holds nan, ..."; as PartFile::write.
    Result<Unit> append(const OutputTensor& tensor, std::span<const float> rows);
    /// Pads what was appended. Errors: as PartFile::write.
    Result<Unit> end_tensor();

private:
    PartFile& file_;
    std::vector<std::byte> blocks_;
};

}  // namespace fabula::model
