// SPDX-License-Identifier: 0BSD
#include "make_model/made_model.h"

#include "make_model/made_tensors.h"
#include "make_model/made_vocabulary.h"
#include "make_model/quantise.h"
#include "make_model/random_numbers.h"
#include "model/gguf_file.h"
#include "model/part_file.h"

#include <ggml-cpp.h>
#include <ggml.h>
#include <gguf.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <exception>
#include <span>
#include <vector>

namespace fabula::make_model {
namespace {

constexpr float outlier_gain = 20;
constexpr double bias_deviation = 0.05;
constexpr double least_gain = 0.7;
constexpr double most_gain = 1.3;
constexpr float share_of_weights = 0.4F;  // of the progress, where a quantiser follows
constexpr float epsilon = 1e-5F;          // of the norms

/// model::PartFile's name for what will be `path`.
std::string part_of(const std::string& path) {
    return path + ".part-" + std::to_string(::getpid());
}

std::string unquantised(const std::string& out) {
    return out + ".f16";
}

ggml_type type_of(const MadeTensor& tensor, const MadeType& type) {
    if (tensor.keeps_f32) return GGML_TYPE_F32;
    const std::string_view name = type.name;
    if (name == "f16") return GGML_TYPE_F16;
    return name == "bf16" ? GGML_TYPE_BF16 : GGML_TYPE_F32;
}

void set_vocabulary(gguf_context* gguf, const ModelShape& shape) {
    const MadeVocabulary vocabulary = make_vocabulary(shape.n_vocab);
    const auto set_texts = [gguf](const char* key, const std::vector<std::string>& texts) {
        std::vector<const char*> pointers;
        pointers.reserve(texts.size());
        for (const std::string& text : texts)
            pointers.push_back(text.c_str());
        gguf_set_arr_str(gguf, key, pointers.data(), pointers.size());
    };
    constexpr std::array<const char*, 3> splits = {"bloom", "gpt-2", "smollm"};
    gguf_set_val_str(gguf, "tokenizer.ggml.model", "gpt2");
    gguf_set_val_str(gguf, "tokenizer.ggml.pre", splits[static_cast<std::size_t>(shape.family)]);
    set_texts("tokenizer.ggml.tokens", vocabulary.tokens);
    gguf_set_arr_data(gguf, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, vocabulary.kinds.data(),
                      vocabulary.kinds.size());
    set_texts("tokenizer.ggml.merges", vocabulary.merges);
    gguf_set_val_u32(gguf, "tokenizer.ggml.bos_token_id", vocabulary.bos);
    gguf_set_val_u32(gguf, "tokenizer.ggml.eos_token_id", vocabulary.eos);
    gguf_set_val_bool(gguf, "tokenizer.ggml.add_bos_token", shape.family == Family::llama);
    gguf_set_val_bool(gguf, "tokenizer.ggml.add_eos_token", false);
}

void set_metadata(gguf_context* gguf, const MadeModel& wanted) {
    const ModelShape& shape = wanted.shape;
    const std::string family = name_of(shape.family);
    const auto set = [&](const char* key, std::uint64_t value) {
        gguf_set_val_u32(gguf, (family + "." + key).c_str(), static_cast<std::uint32_t>(value));
    };
    const auto set_real = [&](const char* key, float value) {
        gguf_set_val_f32(gguf, (family + "." + key).c_str(), value);
    };
    const std::string name = "made " + family + ", seed " + std::to_string(wanted.seed);
    gguf_set_val_str(gguf, "general.architecture", family.c_str());
    gguf_set_val_str(gguf, "general.type", "model");
    gguf_set_val_str(gguf, "general.name", name.c_str());
    gguf_set_val_u32(gguf, "general.file_type", wanted.type.file_type);
    gguf_set_val_u32(gguf, "general.quantization_version", GGML_QNT_VERSION);
    set("vocab_size", shape.n_vocab);
    set("context_length", shape.window_tokens);
    set("embedding_length", shape.n_embd);
    set("block_count", shape.n_layer);
    set("feed_forward_length", shape.n_ff);
    set("attention.head_count", shape.n_head);
    set("attention.head_count_kv", shape.n_head_kv);
    if (shape.family == Family::llama) {
        set("rope.dimension_count", shape.n_embd / shape.n_head);
        set_real("rope.freq_base", 10000);
        set_real("attention.layer_norm_rms_epsilon", epsilon);
    } else {
        set_real("attention.layer_norm_epsilon", epsilon);
    }
}

std::vector<std::byte> header_of(const MadeModel& wanted, std::span<const MadeTensor> list) {
    const gguf_context_ptr gguf(gguf_init_empty());
    set_metadata(gguf.get(), wanted);
    set_vocabulary(gguf.get(), wanted.shape);
    const ggml_context_ptr tensors(
        ggml_init({list.size() * ggml_tensor_overhead(), nullptr, /*no_alloc=*/true}));
    for (const MadeTensor& tensor : list) {
        const std::array<std::int64_t, 2> shape = {static_cast<std::int64_t>(tensor.n_columns),
                                                   static_cast<std::int64_t>(tensor.n_rows)};
        ggml_tensor* const made = ggml_new_tensor(tensors.get(), type_of(tensor, wanted.type),
                                                  tensor.n_rows == 1 ? 1 : 2, shape.data());
        ggml_set_name(made, tensor.name.c_str());
        gguf_add_tensor(gguf.get(), made);
    }
    std::vector<std::byte> header(gguf_get_meta_size(gguf.get()));
    gguf_get_meta_data(gguf.get(), header.data());
    return header;
}

/// Draws the tensors and appends them to the file, a megabyte or so at a time.
class WeightWriter {
public:
    WeightWriter(model::PartFile& file, const MadeModel& wanted) : file_(file), wanted_(wanted) {
        if (wanted.outliers) outliers_ = outlier_channels(wanted.seed, wanted.shape.n_embd);
    }

    Result<Unit> write(const MadeTensor& tensor, const std::function<void(std::uint64_t)>& tell) {
        constexpr std::uint64_t n_at_once = 1U << 18U;
        const std::uint64_t n_numbers = tensor.n_columns * tensor.n_rows;
        const Rng stream = stream_of(wanted_.seed, tensor.name);
        for (std::uint64_t first = 0; first < n_numbers; first += n_at_once) {
            numbers_.resize(std::min(n_at_once, n_numbers - first));
            draw(tensor, stream, first);
            if (auto done = append(type_of(tensor, wanted_.type)); !done) return done;
            tell(numbers_.size());
        }
        constexpr std::array<std::byte, GGUF_DEFAULT_ALIGNMENT> zeros{};
        const std::uint64_t ragged = file_.size_bytes() % GGUF_DEFAULT_ALIGNMENT;
        if (ragged == 0) return Unit{};
        return file_.write(std::span(zeros).first(GGUF_DEFAULT_ALIGNMENT - ragged));
    }

private:
    void draw(const MadeTensor& tensor, const Rng& stream, std::uint64_t first) {
        switch (tensor.filling) {
            case Filling::weights:
                return fill_normal(stream, first,
                                   1 / std::sqrt(static_cast<double>(tensor.n_columns)), numbers_);
            case Filling::biases:
                return fill_normal(stream, first, bias_deviation, numbers_);
            case Filling::gains:
            case Filling::embedding_gains:
                fill_uniform(stream, first, least_gain, most_gain, numbers_);
        }
        if (!wanted_.outliers || tensor.filling != Filling::gains) return;
        for (const std::uint64_t channel : outliers_)
            numbers_[channel] *= outlier_gain;  // a vector of n_embd is drawn at once
    }

    Result<Unit> append(ggml_type type) {
        const auto n = static_cast<std::int64_t>(numbers_.size());
        if (type == GGML_TYPE_F32) return file_.write(std::as_bytes(std::span(numbers_)));
        halves_.resize(numbers_.size());
        if (type == GGML_TYPE_F16) {
            ggml_fp32_to_fp16_row(numbers_.data(), halves_.data(), n);
        } else {
            static_assert(sizeof(ggml_bf16_t) == sizeof(ggml_fp16_t));
            ggml_fp32_to_bf16_row_ref(numbers_.data(),
                                      reinterpret_cast<ggml_bf16_t*>(halves_.data()), n);
        }
        return file_.write(std::as_bytes(std::span(halves_)));
    }

    model::PartFile& file_;
    const MadeModel& wanted_;
    std::array<std::uint64_t, 6> outliers_{};
    std::vector<float> numbers_;
    std::vector<ggml_fp16_t> halves_;
};

/// `share` of the whole progress is this part's.
Result<Unit> write_plain(const MadeModel& wanted, std::span<const MadeTensor> tensors,
                         model::PartFile& file, float share) {
    if (auto done = file.write(header_of(wanted, tensors)); !done) return done;
    std::uint64_t n_numbers = 0;
    for (const MadeTensor& tensor : tensors)
        n_numbers += tensor.n_columns * tensor.n_rows;
    std::uint64_t n_done = 0;
    const auto tell = [&](std::uint64_t n) {
        n_done += n;
        if (wanted.on_progress)
            wanted.on_progress(share * static_cast<float>(n_done) / static_cast<float>(n_numbers));
    };
    WeightWriter writer(file, wanted);
    for (const MadeTensor& tensor : tensors) {
        if (auto done = writer.write(tensor, tell); !done) return done;
    }
    return Unit{};
}

/// Fills the file that `part_of(out)` names with the quantised form of an F16 file beside it.
Result<Unit> write_quantised(const MadeModel& wanted, std::span<const MadeTensor> tensors,
                             const std::string& out) {
    MadeModel plain = wanted;
    plain.type = *type_named("f16");
    auto file = model::PartFile::create(unquantised(out));
    if (!file) return file.error();
    if (auto done = write_plain(plain, tensors, *file, share_of_weights); !done) return done;
    Quantising quantising{part_of(unquantised(out)), part_of(out), wanted.type, tensors,
                          wanted.n_threads};
    if (wanted.on_progress) {
        quantising.on_progress = [&](float share) {
            wanted.on_progress(share_of_weights + (1 - share_of_weights) * share);
        };
    }
    const auto done = quantise(quantising);
    if (!done) return Error{done.error().code, "file '" + out + "': " + done.error().message};
    // llama.cpp's writer does not look at every write: that nothing is missing is looked at here.
    const auto whole = model::inspect_gguf(part_of(out));
    if (!whole) return whole.error();
    return Unit{};
}

Result<Unit> write_checked(const MadeModel& wanted, const std::string& out) {
    const std::vector<MadeTensor> tensors = tensors_of(wanted.shape);
    auto file = model::PartFile::create(out);
    if (!file) return file.error();
    auto done = wanted.type.quantised ? write_quantised(wanted, tensors, out)
                                      : write_plain(wanted, tensors, *file, 1);
    if (!done) return done;
    return file->commit();
}

}  // namespace

Result<Unit> write_made_model(const MadeModel& wanted, const std::string& out) {
    if (auto sound = check_shape(wanted.shape); !sound) return sound;
    try {
        return write_checked(wanted, out);
    } catch (const std::exception& problem) {  // memory, in ours or in ggml
        return Error{ErrorCode::exhausted, "making '" + out + "': " + problem.what()};
    }
}

std::array<std::string, 2> unfinished_files(const std::string& out) {
    return {part_of(out), part_of(unquantised(out))};
}

}  // namespace fabula::make_model
