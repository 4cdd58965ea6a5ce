// SPDX-License-Identifier: 0BSD
#include "model/cpu/load.h"

#include "model/cpu/decoder.h"
#include "model/llama/dequantise.h"
#include "model/llama/tokenizer.h"
#include "model/memory.h"
#include "model/sha256.h"

#include <algorithm>
#include <cassert>
#include <filesystem>
#include <thread>
#include <utility>

namespace fabula::model {
namespace {

constexpr std::size_t default_window = 8192;  // a cache for more is asked for, not assumed
constexpr std::size_t tail_tokens = 1024;     // of its own that each branch has room for
constexpr std::size_t most_tails = 64;
constexpr std::size_t most_branches_a_step = 65536;
constexpr std::uint64_t bytes_a_thread = 4U << 20U;
constexpr float share_of_weights = 0.9F;  // of the progress; the hash takes the rest

class CpuModel final : public Model {
public:
    CpuModel(std::unique_ptr<Tokenizer> tokenizer, ModelInfo info, std::unique_ptr<cpu::Pool> pool,
             std::unique_ptr<cpu::Decoder> decoder)
        : tokenizer_(std::move(tokenizer)),
          info_(std::move(info)),
          pool_(std::move(pool)),
          decoder_(std::move(decoder)) {}

    const ModelInfo& info() const override { return info_; }
    Result<std::vector<TokenId>> encode(std::string_view text, Place place) const override {
        return tokenizer_->vocabulary().encode(text, place);
    }
    std::string piece(TokenId token) const override {
        return tokenizer_->vocabulary().piece(token);
    }
    bool is_end(TokenId token) const override { return tokenizer_->vocabulary().is_end(token); }
    Result<std::string> chat_frame(std::string_view system,
                                   std::string_view instruction) const override {
        if (info_.chat_template.empty()) return Model::chat_frame(system, instruction);
        return tokenizer_->chat_frame(system, instruction);
    }
    std::size_t n_branches() const override { return most_branches_a_step; }

    Result<StepCost> step(std::span<const std::span<const TokenId>> branches,
                          std::span<float> logits, const std::stop_token& stop) override {
        return step_with_states(branches, logits, {}, stop);
    }

    Result<StepCost> step_with_states(std::span<const std::span<const TokenId>> branches,
                                      std::span<float> logits, std::span<float> states,
                                      const std::stop_token& stop) override {
        for (const auto branch : branches) {
            if (auto sound = check(branch); !sound) return sound.error();
        }
        auto cost = decoder_->step(branches, {logits, states}, stop);
        if (!cost) return Error{cost.error().code, who() + cost.error().message};
        return cost;
    }

    void each(std::size_t n, const std::function<void(std::size_t)>& work) const override {
        pool_->each(n, [&](std::size_t i, std::size_t) { work(i); });
    }

private:
    std::string who() const { return "model '" + info_.name + "': "; }

    Result<Unit> check(std::span<const TokenId> branch) const {
        assert(!branch.empty());
        if (branch.size() > info_.window_tokens) {
            return Error{ErrorCode::exhausted, who() + std::to_string(branch.size()) +
                                                   " tokens, its window holds " +
                                                   std::to_string(info_.window_tokens)};
        }
        for (const TokenId token : branch) {
            if (token >= 0 && static_cast<std::size_t>(token) < info_.n_vocab) continue;
            return Error{ErrorCode::invalid_input,
                         who() + "token " + std::to_string(token) + " is not in its vocabulary"};
        }
        return Unit{};
    }

    std::unique_ptr<Tokenizer> tokenizer_;
    ModelInfo info_;
    std::unique_ptr<cpu::Pool> pool_;  // outlives the decoder
    std::unique_ptr<cpu::Decoder> decoder_;
};

std::size_t threads_for(const GgufFile& file, const LoadOptions& options) {
    if (options.n_threads > 0) return static_cast<std::size_t>(options.n_threads);
    const std::uint64_t n_cores = std::clamp(std::thread::hardware_concurrency(), 1U, 512U);
    return std::clamp<std::uint64_t>(file.size_bytes / bytes_a_thread, 1, n_cores);
}

/// How many positions the cache may hold: the window and a tail for each branch, or what is free.
Result<std::size_t> cache_tokens(const std::string& name, std::uint64_t weights_bytes,
                                 std::uint64_t token_bytes, std::size_t window,
                                 std::size_t n_branches) {
    const std::size_t tails =
        std::min(n_branches, most_tails) * (std::min(window, tail_tokens) + cpu::page_tokens);
    const std::size_t least = window + 2 * cpu::page_tokens;
    const auto free = free_memory_bytes();
    if (!free) return least + tails;
    auto fits = check_fits(name, weights_bytes + least * token_bytes, *free);
    if (!fits) return fits.error();
    const std::uint64_t room = (*free - weights_bytes) / token_bytes;
    return std::clamp<std::size_t>(room - room / 8, least, least + tails);
}

ModelInfo info_of(const std::string& path, const GgufFile& file, const cpu::Shape& shape) {
    ModelInfo info;
    info.name = std::filesystem::path(path).stem().string();
    info.path = path;
    info.architecture = file.text("general.architecture");
    info.backend = "cpu";
    info.n_vocab = shape.n_vocab;
    info.n_embd = shape.n_embd;
    info.n_layer = shape.n_layer;
    info.size_bytes = file.size_bytes;
    return info;
}

}  // namespace

Result<std::unique_ptr<Model>> load_cpu(const std::string& path, const GgufFile& file,
                                        const LoadOptions& options) {
    const std::string name = std::filesystem::path(path).filename().string();
    const auto told = [&](const Error& error) {
        return Error{error.code, "model '" + name + "': " + error.message};
    };
    auto weights = cpu::plan_weights(file);
    if (!weights) return told(weights.error());
    const auto kernels = cpu::kernels_named(options.kernel);
    if (!kernels) return kernels.error();
    const cpu::Shape shape = weights->shape;
    ModelInfo info = info_of(path, file, shape);
    info.window_tokens = std::min(
        shape.window_tokens, options.window_tokens == 0 ? default_window : options.window_tokens);
    info.arithmetic = std::string("cpu ") + (*kernels)->name + " " + name_of(options.cache);
    const std::size_t number_bytes = options.cache == CacheType::f16 ? 2 : 4;
    const cpu::PageShape pages{shape.n_layer, shape.n_head_kv, shape.head_dim, number_bytes};
    const auto n_cached =
        cache_tokens(name, weights->size_bytes(), pages.page_bytes() / cpu::page_tokens,
                     info.window_tokens, options.n_branches);
    if (!n_cached) return n_cached.error();

    auto tokenizer = Tokenizer::open(path);
    if (!tokenizer) return tokenizer.error();
    if ((*tokenizer)->vocabulary().size() != shape.n_vocab) {
        return told({ErrorCode::corrupt,
                     "its vocabulary has " + std::to_string((*tokenizer)->vocabulary().size()) +
                         " words, its weights have " + std::to_string(shape.n_vocab)});
    }
    info.chat_template = (*tokenizer)->chat_template();
    auto pool = std::make_unique<cpu::Pool>(threads_for(file, options));
    const auto tell = [&](float from, float share, float part) {
        return !options.on_progress || options.on_progress(from + share * part);
    };
    cpu::ReadOptions reading{pool.get(), dequantise};
    reading.on_progress = [&](float share) { return tell(0, share_of_weights, share); };
    if (auto read = cpu::read_weights(path, file, *weights, reading); !read)
        return told(read.error());
    const auto on_hash = [&](float share) {
        return tell(share_of_weights, 1 - share_of_weights, share);
    };
    auto hash = remembered_sha256(
        path, options.hash_folder.empty() ? default_hash_folder() : options.hash_folder, on_hash);
    if (!hash) return hash.error();
    info.hash = *hash;
    const cpu::DecoderOptions decoding{*kernels, info.window_tokens, *n_cached, number_bytes};
    auto decoder = std::make_unique<cpu::Decoder>(*std::move(weights), decoding, *pool);
    return std::unique_ptr<Model>(std::make_unique<CpuModel>(*std::move(tokenizer), std::move(info),
                                                             std::move(pool), std::move(decoder)));
}

}  // namespace fabula::model
