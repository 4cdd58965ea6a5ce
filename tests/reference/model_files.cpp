// SPDX-License-Identifier: 0BSD
#include "reference/model_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

namespace fabula::reference {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
    return value == nullptr ? "" : value;
}

std::string bytes_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<TokenId> numbers_in(const std::string& line) {
    std::istringstream words(line);
    return {std::istream_iterator<TokenId>(words), {}};
}

/// "logits: float32 LE, rows=17 (positions 0..), cols=512": the number behind `key`.
std::size_t figure_in(const std::string& line, const std::string& key) {
    const std::size_t at = line.find(key);
    return at == std::string::npos ? 0 : std::stoul(line.substr(at + key.size()));
}

/// The file that holds stories15M and its tokenizer, "" where there is none.
std::string stories15m_file() {
    if (std::string given = variable("FABULA_STORIES15M"); !given.empty()) return given;
    std::string cache = variable("FABULA_CACHE");
    if (cache.empty()) cache = variable("HOME") + "/.cache/fabula";
    const std::string found = cache + "/sources/llama2.data";
    return fs::exists(found) ? found : "";
}

void read_words(const fs::path& path, Reference& reference) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const std::size_t colon = line.find(": ");
        const std::string key = line.substr(0, colon);
        const std::string value = line.substr(colon + 2);
        if (key == "prompt") reference.prompt = value;
        if (key == "prompt_tokens") reference.prompt_tokens = numbers_in(value);
        if (key == "greedy_tokens") reference.greedy_tokens = numbers_in(value);
        if (key != "logits") continue;
        reference.n_rows = figure_in(value, "rows=");
        reference.n_columns = figure_in(value, "cols=");
    }
}

}  // namespace

Folder::Folder() {
    std::string pattern = fs::temp_directory_path() / "fabula-reference-XXXXXX";
    const char* const made = ::mkdtemp(pattern.data());
    EXPECT_NE(made, nullptr);
    path_ = pattern;
}

Folder::~Folder() {
    std::error_code ignored;  // a folder that stays is no failure of what was tested
    fs::remove_all(path_, ignored);
}

std::optional<Reference> reference_of(const std::string& name) {
    const std::string data = variable("FABULA_DATA");
    const fs::path folder = fs::path(data) / "tiny-model";
    if (data.empty() || !fs::exists(folder / (name + ".tokens.txt"))) return std::nullopt;
    Reference reference;
    read_words(folder / (name + ".tokens.txt"), reference);
    const std::string raw = bytes_of(folder / (name + ".logits_f32.bin"));
    reference.logits.resize(raw.size() / sizeof(float));
    std::memcpy(reference.logits.data(), raw.data(), reference.logits.size() * sizeof(float));
    EXPECT_EQ(reference.logits.size(), reference.n_rows * reference.n_columns);
    if (name == "stories15M") {
        const std::string file = stories15m_file();
        if (file.empty()) return std::nullopt;
        const std::string border = "60816028";
        reference.checkpoint = file + ":0:" + border;
        reference.tokenizer = file + ":" + border + ":" + std::to_string(fs::file_size(file));
        return reference;
    }
    reference.checkpoint = folder / (name + ".bin");
    reference.tokenizer = folder / "tok512.bin";
    return reference;
}

model::LoadOptions exact() {
    model::LoadOptions options;
    options.cache = model::CacheType::f32;
    options.flash_attention = false;
    options.n_threads = 1;
    options.hash_folder = "/proc/nowhere";  // tests remember nothing
    return options;
}

std::vector<Decoder> our_decoders() {
    return {{model::Backend::cpu, "avx512"},
            {model::Backend::cpu, "avx2"},
            {model::Backend::cpu, "portable"}};
}

std::vector<Decoder> decoders() {
    std::vector<Decoder> all = our_decoders();
    all.insert(all.begin(), Decoder{});
    return all;
}

std::string name_of(const Decoder& decoder) {
    return model::name_of(decoder.backend) + (decoder.kernel.empty() ? "" : "_" + decoder.kernel);
}

// NOLINTNEXTLINE(readability-identifier-naming): gtest calls it so
void PrintTo(const Decoder& decoder, std::ostream* out) {
    *out << name_of(decoder);
}

std::string absence_of(const Decoder& decoder) {
    const Folder folder;
    model::LoadOptions options = exact();
    options.kernel = decoder.kernel;
    const auto model = model::load_model(import_made(folder, {}, 1), decoder.backend, options);
    if (model) return "";
    EXPECT_EQ(model.error().code, ErrorCode::unavailable) << model.error().message;
    return model.error().message;
}

std::unique_ptr<model::Model> loaded(const std::string& path, const Decoder& decoder,
                                     model::LoadOptions options) {
    options.kernel = decoder.kernel;
    auto model = model::load_model(path, decoder.backend, options);
    EXPECT_TRUE(model) << model.error().message;
    return model ? std::move(model).value() : nullptr;
}

std::unique_ptr<model::Model> imported(const Reference& reference, const Decoder& decoder,
                                       const std::string& out, model::WeightType type,
                                       const model::LoadOptions& options) {
    const auto report =
        model::import_llama2c(reference.checkpoint, reference.tokenizer, out, {.type = type});
    EXPECT_TRUE(report) << report.error().message;
    return loaded(out, decoder, options);
}

float allowed(const model::Model& model, float otherwise) {
    return model.info().arithmetic.empty() ? otherwise : 0.0F;
}

std::string import_made(const Folder& folder, const model::MadeShape& shape, std::uint64_t seed,
                        model::WeightType type) {
    const model::MadeLlama2c made = model::make_llama2c(shape, seed);
    const auto write = [&](const char* name, const std::vector<std::byte>& bytes) {
        std::ofstream file(folder / name, std::ios::binary);
        file.write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
    };
    write("made.bin", made.checkpoint);
    write("made.tok", made.tokenizer);
    const auto report = model::import_llama2c(folder / "made.bin", folder / "made.tok",
                                              folder / "made.gguf", {.type = type});
    EXPECT_TRUE(report) << report.error().message;
    return folder / "made.gguf";
}

std::vector<float> logits_behind(model::Model& model, const std::vector<TokenId>& branch) {
    std::vector<float> logits(model.info().n_vocab);
    const std::span<const TokenId> one(branch);
    const auto cost = model.step({&one, 1}, logits, {});
    EXPECT_TRUE(cost) << cost.error().message;
    return logits;
}

TokenId likeliest(const std::vector<float>& logits) {
    return static_cast<TokenId>(std::ranges::max_element(logits) - logits.begin());
}

float distance(const std::vector<float>& a, const std::vector<float>& b) {
    EXPECT_EQ(a.size(), b.size());
    float most = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_TRUE(std::isfinite(a[i]) && std::isfinite(b[i]));
        most = std::max(most, std::fabs(a[i] - b[i]));
    }
    return most;
}

}  // namespace fabula::reference
