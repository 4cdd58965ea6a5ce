// SPDX-License-Identifier: 0BSD
// Where the reference tests have their models from: made from a seed, or test data that may be
// missing.
#pragma once

#include "model/import_llama2c.h"
#include "model/llama/load.h"
#include "model/load.h"
#include "model/made_llama2c.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace fabula::reference {

/// A folder that is removed again.
class Folder {
public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string operator/(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

/// A checkpoint, its tokenizer and what an independent program said of them.
struct Reference {
    std::string checkpoint;
    std::string tokenizer;
    std::string prompt;
    std::vector<TokenId> prompt_tokens;
    std::vector<TokenId> greedy_tokens;
    std::size_t n_rows = 0;  // of logits: behind each of the first positions
    std::size_t n_columns = 0;
    std::vector<float> logits;  // [n_rows, n_columns] row-major
};

/// The reference of "stories260K" or "stories15M"; nothing where the data is not there.
std::optional<Reference> reference_of(const std::string& name);

/// What computes: llama.cpp, or one kernel of our own decoder.
struct Decoder {
    model::Backend backend = model::Backend::llama;
    std::string kernel = {};
};

/// Our kernels; every decoder there is: llama.cpp, then our kernels.
std::vector<Decoder> our_decoders();
std::vector<Decoder> decoders();

/// "llama", "cpu_avx2": as it stands in the names of tests.
std::string name_of(const Decoder& decoder);
// NOLINTNEXTLINE(readability-identifier-naming): gtest calls it so
void PrintTo(const Decoder& decoder, std::ostream* out);

/// Why it cannot be tested here, "" where it can: our decoder is not in this build, or the
/// processor lacks what the kernel needs. Another failure to load is a failure of the test.
std::string absence_of(const Decoder& decoder);

/// Settings under which llama.cpp computes what llama2.c computes.
model::LoadOptions exact();

/// Loads; failures are failures of the test.
std::unique_ptr<model::Model> loaded(const std::string& path, const Decoder& decoder,
                                     model::LoadOptions options = exact());

/// Imports and loads; failures are failures of the test.
std::unique_ptr<model::Model> imported(const Reference& reference, const Decoder& decoder,
                                       const std::string& out, model::WeightType type,
                                       const model::LoadOptions& options = exact());

/// Writes the made model's files into `folder` and imports them as "made.gguf", whose path is
/// given.
std::string import_made(const Folder& folder, const model::MadeShape& shape, std::uint64_t seed,
                        model::WeightType type = model::WeightType::f32);

/// The logits behind one branch; an error is a failure of the test.
std::vector<float> logits_behind(model::Model& model, const std::vector<TokenId>& branch);

TokenId likeliest(const std::vector<float>& logits);

/// 0 where the model promises the same bits, else `otherwise`: how far the logits of a warm model
/// may be from those of a cold one.
float allowed(const model::Model& model, float otherwise = 1e-3F);

/// The largest difference between two rows.
float distance(const std::vector<float>& a, const std::vector<float>& b);

}  // namespace fabula::reference
