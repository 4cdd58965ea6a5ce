// SPDX-License-Identifier: 0BSD
// Damaged and unsuitable files: each is an error with words, none ends the process. Loads run in a
// child process, so that one that would end it is counted.
#include "base/rng.h"
#include "reference/model_files.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

namespace fabula::reference {
namespace {

std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

enum class Fate { loaded, refused, crashed };

/// Loads the file in a child and takes one step with it.
Fate fate_of(const std::string& path) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
        auto model = model::load_llama(path, exact());
        if (!model) ::_exit(1);
        std::vector<float> logits((*model)->info().n_vocab);
        const std::vector<TokenId> branch = {1, 2, 3};
        const std::span<const TokenId> one(branch);
        const auto cost = (*model)->step({&one, 1}, logits, {});
        const auto words = (*model)->encode("the hen", model::Place::inside);
        ::_exit(cost || words ? 0 : 1);  // a model without some bytes may still refuse words
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) return Fate::crashed;
    return WEXITSTATUS(status) == 0 ? Fate::loaded : Fate::refused;
}

Error refusal(const std::string& path, const model::LoadOptions& options = exact()) {
    const auto model = model::load_llama(path, options);
    EXPECT_FALSE(model);
    return model ? Error{} : model.error();
}

TEST(Damage, of_the_header_ends_no_process) {
    const Folder folder;
    const std::string whole = bytes_of(import_made(folder, {}, 21));
    const Rng rng(5);
    std::size_t n[3] = {0, 0, 0};
    // More than a test run has time for. NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets it
    const char* const set = std::getenv("FABULA_DAMAGE");
    const std::uint64_t n_files = set == nullptr ? 150 : std::stoul(set);
    const std::size_t first = 24;
    for (std::uint64_t i = 0; i < n_files; ++i) {
        std::string bytes = whole;
        const auto n_changes = 1 + static_cast<std::uint32_t>(3 * rng.uniform(i, 0));
        for (std::uint32_t c = 0; c < n_changes; ++c) {
            // The numbers of the model and its tensors; half of the vocabulary's bytes are
            // harmless.
            const std::size_t n_places = rng.uniform(i, 100 + c) < 0.5 ? 900 : 11000;
            const auto at = first + static_cast<std::size_t>(rng.uniform(i, 1 + c) *
                                                             static_cast<double>(n_places));
            bytes[at] = static_cast<char>(256 * rng.uniform(i, 200 + c));
        }
        write(folder / "damaged.gguf", bytes);
        const Fate fate = fate_of(folder / "damaged.gguf");
        ++n[static_cast<std::size_t>(fate)];
        EXPECT_NE(fate, Fate::crashed) << "file " << i;
    }
    RecordProperty("loaded_refused_crashed",
                   std::to_string(n[0]) + " " + std::to_string(n[1]) + " " + std::to_string(n[2]));
    EXPECT_GT(n[1], n_files / 10);
}

TEST(Damage, of_a_file_that_was_cut_is_named_with_figures) {
    const Folder folder;
    const std::string whole = bytes_of(import_made(folder, {}, 21));
    write(folder / "cut.gguf", whole.substr(0, whole.size() / 2));
    const Error cut = refusal(folder / "cut.gguf");
    EXPECT_EQ(cut.code, ErrorCode::corrupt);
    EXPECT_TRUE(cut.message.ends_with("(truncated?)")) << cut.message;
    write(folder / "text.gguf", "once upon a time");
    EXPECT_EQ(refusal(folder / "text.gguf").message, "model 'text.gguf': not a GGUF file");
    EXPECT_EQ(refusal(folder / "none.gguf").code, ErrorCode::not_found);
}

TEST(Damage, of_an_architecture_that_nobody_knows_is_named) {
    const Folder folder;
    std::string bytes = bytes_of(import_made(folder, {}, 21));
    for (std::size_t at = bytes.find("llama"); at < 2000; at = bytes.find("llama", at + 5)) {
        const bool is_tokenizer =
            bytes.substr(0, at).ends_with(std::string("\x05\0\0\0\0\0\0\0", 8)) &&
            bytes.find("tokenizer") < at;
        if (!is_tokenizer) bytes.replace(at, 5, "tlama");
    }
    write(folder / "m.gguf", bytes);
    const Error unknown = refusal(folder / "m.gguf");
    EXPECT_EQ(unknown.code, ErrorCode::invalid_input) << unknown.message;
    EXPECT_NE(unknown.message.find("unknown model architecture: 'tlama'"), std::string::npos)
        << unknown.message;
}

TEST(Damage, of_a_tensor_that_is_missing_is_named_in_the_words_of_llama) {
    const Folder folder;
    std::string bytes = bytes_of(import_made(folder, {}, 21));
    bytes.replace(bytes.find("blk.1.ffn_gate.weight"), 21, "blk.1.ffn_gaze.weight");
    write(folder / "m.gguf", bytes);
    const Error missing = refusal(folder / "m.gguf");
    EXPECT_EQ(missing.code, ErrorCode::corrupt);
    EXPECT_NE(missing.message.find("blk.1.ffn_gate.weight"), std::string::npos) << missing.message;
}

TEST(Load, refuses_a_model_larger_than_free_memory_with_the_figures) {
    const Folder folder;
    // The last tensor of the made model, grown to 8 TiB; the file has as many bytes, but no blocks.
    std::string bytes = bytes_of(import_made(folder, {.tied_head = false}, 21));
    const std::size_t name = bytes.rfind("output.weight");
    const std::uint64_t n_rows = 1ULL << 36U;  // of 32 numbers
    std::memcpy(bytes.data() + name + 13 + 4 + 8, &n_rows, sizeof(n_rows));
    write(folder / "vast.gguf", bytes);
    if (::truncate((folder / "vast.gguf").c_str(), (8LL << 40U) + (64 << 20)) != 0) {
        GTEST_SKIP() << "this file system holds no file of 8 TiB";
    }
    const Error refused = refusal(folder / "vast.gguf");
    EXPECT_EQ(refused.code, ErrorCode::exhausted) << refused.message;
    EXPECT_TRUE(refused.message.starts_with("model 'vast.gguf' needs about 8.0 TiB, "))
        << refused.message;
    EXPECT_TRUE(refused.message.ends_with(" of memory are free")) << refused.message;
}

TEST(Load, stops_when_asked_and_tells_how_far_it_is) {
    const Folder folder;
    const std::string path = import_made(folder, {}, 21);
    model::LoadOptions options = exact();
    float last = 0;
    options.on_progress = [&last](float share) {
        EXPECT_GE(share, last);
        last = share;
        return true;
    };
    ASSERT_TRUE(model::load_llama(path, options));
    EXPECT_EQ(last, 1.0F);
    options.on_progress = [](float share) { return share < 0.3F; };
    EXPECT_EQ(refusal(path, options).code, ErrorCode::unavailable);
}

TEST(Load, refuses_options_out_of_range) {
    const Folder folder;
    const std::string path = import_made(folder, {}, 21);
    for (const std::size_t n : {std::size_t{0}, model::most_branches + 1}) {
        model::LoadOptions options = exact();
        options.n_branches = n;
        EXPECT_EQ(refusal(path, options).code, ErrorCode::invalid_input);
    }
    model::LoadOptions most = exact();
    most.n_branches = model::most_branches;
    EXPECT_TRUE(model::load_llama(path, most));
    model::LoadOptions least = exact();
    least.n_branches = 1;
    least.window_tokens = 1;
    auto model = model::load_llama(path, least);
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ(logits_behind(**model, {1}).size(), 300U);
}

TEST(Load, says_which_llama_it_is) {
    EXPECT_TRUE(model::llama_version().starts_with("llama.cpp 0.5.0")) << model::llama_version();
}

}  // namespace
}  // namespace fabula::reference
