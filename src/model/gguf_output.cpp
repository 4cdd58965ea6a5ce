// SPDX-License-Identifier: 0BSD
#include "model/gguf_output.h"

#include <ggml-cpp.h>
#include <ggml.h>
#include <gguf.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>

namespace fabula::model {
namespace {

/// What llama.cpp calls the types: of ggml, and of a whole file (general.file_type).
struct ForeignType {
    ggml_type weights;
    std::uint32_t file;
};

ForeignType foreign(WeightType type) {
    switch (type) {
        case WeightType::f32:
            return {GGML_TYPE_F32, 0};
        case WeightType::f16:
            return {GGML_TYPE_F16, 1};
        case WeightType::q8_0:
            return {GGML_TYPE_Q8_0, 7};
        case WeightType::q4_0:
            return {GGML_TYPE_Q4_0, 2};
    }
    return {GGML_TYPE_F32, 0};
}

}  // namespace

WeightType type_for(WeightType wanted, std::uint64_t n_columns) {
    const auto block = static_cast<std::uint64_t>(ggml_blck_size(foreign(wanted).weights));
    return n_columns % block == 0 ? wanted : WeightType::f16;
}

struct GgufHeader::Foreign {
    gguf_context_ptr gguf{gguf_init_empty()};
    std::vector<ggml_context_ptr> tensors;  // of one tensor each, without its numbers
};

GgufHeader::GgufHeader() : foreign_(std::make_unique<Foreign>()) {}
GgufHeader::~GgufHeader() = default;

void GgufHeader::set(const std::string& key, const std::string& text) {
    gguf_set_val_str(foreign_->gguf.get(), key.c_str(), text.c_str());
}

void GgufHeader::set_number(const std::string& key, std::uint64_t value) {
    assert(value <= std::numeric_limits<std::uint32_t>::max());
    gguf_set_val_u32(foreign_->gguf.get(), key.c_str(), static_cast<std::uint32_t>(value));
}

void GgufHeader::set_real(const std::string& key, double value) {
    gguf_set_val_f32(foreign_->gguf.get(), key.c_str(), static_cast<float>(value));
}

void GgufHeader::set_flag(const std::string& key, bool value) {
    gguf_set_val_bool(foreign_->gguf.get(), key.c_str(), value);
}

void GgufHeader::set_texts(const std::string& key, std::span<const std::string> texts) {
    std::vector<const char*> pointers;
    pointers.reserve(texts.size());
    for (const std::string& text : texts)
        pointers.push_back(text.c_str());
    gguf_set_arr_str(foreign_->gguf.get(), key.c_str(), pointers.data(), pointers.size());
}

void GgufHeader::set_reals(const std::string& key, std::span<const float> values) {
    gguf_set_arr_data(foreign_->gguf.get(), key.c_str(), GGUF_TYPE_FLOAT32, values.data(),
                      values.size());
}

void GgufHeader::set_integers(const std::string& key, std::span<const std::int32_t> values) {
    gguf_set_arr_data(foreign_->gguf.get(), key.c_str(), GGUF_TYPE_INT32, values.data(),
                      values.size());
}

void GgufHeader::set_file_type(WeightType type) {
    set_number("general.file_type", foreign(type).file);
    set_number("general.quantization_version", GGML_QNT_VERSION);
}

void GgufHeader::add(const OutputTensor& tensor) {
    assert(tensor.name.size() < GGML_MAX_NAME);
    const std::array<std::int64_t, 2> shape = {static_cast<std::int64_t>(tensor.n_columns),
                                               static_cast<std::int64_t>(tensor.n_rows)};
    foreign_->tensors.emplace_back(ggml_init({ggml_tensor_overhead(), nullptr, /*no_alloc=*/true}));
    ggml_tensor* const made =
        ggml_new_tensor(foreign_->tensors.back().get(), foreign(tensor.type).weights,
                        tensor.is_vector ? 1 : 2, shape.data());
    ggml_set_name(made, tensor.name.c_str());
    gguf_add_tensor(foreign_->gguf.get(), made);
}

std::vector<std::byte> GgufHeader::bytes() const {
    std::vector<std::byte> header(gguf_get_meta_size(foreign_->gguf.get()));
    gguf_get_meta_data(foreign_->gguf.get(), header.data());
    return header;
}

Result<Unit> TensorOutput::append(const OutputTensor& tensor, std::span<const float> rows) {
    const ggml_type type = foreign(tensor.type).weights;
    const float most = type == GGML_TYPE_F32 ? std::numeric_limits<float>::max() : 65504.0F;
    const auto bad =
        std::ranges::find_if(rows, [most](float weight) { return !(std::fabs(weight) <= most); });
    if (bad != rows.end()) {
        return Error{ErrorCode::corrupt, "tensor '" + tensor.name + "' holds " +
                                             std::to_string(*bad) + ", no number that " +
                                             ggml_type_name(type) + " can hold"};
    }
    if (type == GGML_TYPE_F32) return file_.write(std::as_bytes(rows));
    const auto n_columns = static_cast<std::int64_t>(tensor.n_columns);
    const std::uint64_t n_rows = rows.size() / tensor.n_columns;
    blocks_.resize(ggml_row_size(type, n_columns) * n_rows);
    ggml_quantize_chunk(type, rows.data(), blocks_.data(), 0, static_cast<std::int64_t>(n_rows),
                        n_columns, nullptr);
    return file_.write(blocks_);
}

Result<Unit> TensorOutput::end_tensor() {
    constexpr std::array<std::byte, GGUF_DEFAULT_ALIGNMENT> zeros{};
    const std::uint64_t ragged = file_.size_bytes() % GGUF_DEFAULT_ALIGNMENT;
    if (ragged == 0) return Unit{};
    return file_.write(std::span(zeros).first(GGUF_DEFAULT_ALIGNMENT - ragged));
}

}  // namespace fabula::model
