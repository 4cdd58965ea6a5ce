// SPDX-License-Identifier: 0BSD
#include "model/cpu/load.h"

#include "model/cpu/decoder.h"
#include "model/llama/dequantise.h"
#include "model/llama/tokenizer.h"
#include "model/memory.h"
#include "model/page_folder.h"
#include "model/sha256.h"

#include <gnu/libc-version.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

namespace fabula::model {
namespace {

constexpr std::size_t default_window = 8192;  // a cache for more is asked for, not assumed
constexpr std::size_t tail_tokens = 1024;     // of its own that each branch has room for
constexpr std::size_t most_tails = 64;
constexpr std::uint64_t ample_bytes = std::uint64_t{512} << 20U;
constexpr std::size_t ample_windows = 64;  // a small model does not take half a GiB
constexpr std::size_t most_branches_a_step = 65536;
constexpr std::uint64_t bytes_a_thread = 4U << 20U;
constexpr float share_of_weights = 0.9F;  // of the progress; the hash takes the rest

class CpuModel final : public Model {
public:
    struct Parts {
        std::unique_ptr<Tokenizer> tokenizer;
        ModelInfo info;
        std::unique_ptr<cpu::Pool> pool;     // outlives the decoder
        std::unique_ptr<PageFolder> folder;  // the same; may be null
        double flush_seconds = 0;
        std::unique_ptr<cpu::Decoder> decoder;
    };
    explicit CpuModel(Parts parts)
        : tokenizer_(std::move(parts.tokenizer)),
          info_(std::move(parts.info)),
          pool_(std::move(parts.pool)),
          folder_(std::move(parts.folder)),
          decoder_(std::move(parts.decoder)),
          flush_seconds_(parts.flush_seconds) {}
    CpuModel(const CpuModel&) = delete;
    CpuModel& operator=(const CpuModel&) = delete;
    ~CpuModel() override { decoder_->flush(); }

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

    bool hold_ends() override {
        decoder_->hold_ends();
        return true;
    }
    void keep(std::span<const TokenId> tokens) override {
        decoder_->keep(tokens);
        const auto now = std::chrono::steady_clock::now();
        if (std::chrono::duration<double>(now - flushed_).count() < flush_seconds_) return;
        decoder_->flush();
        flushed_ = now;
    }

    CacheFigures cache_figures() const override {
        const cpu::Pages& pages = decoder_->pages();
        const std::uint64_t page_bytes = pages.shape().page_bytes();
        CacheFigures figures;
        figures.used_bytes = pages.n_pages() * page_bytes;
        figures.most_bytes = pages.most_pages() * page_bytes;
        if (folder_) {
            const PageFigures& disk = folder_->figures();
            figures.n_read = disk.n_read;
            figures.n_written = disk.n_written;
            figures.n_damaged = disk.n_damaged;
            figures.problem = disk.problem;
        }
        return figures;
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
    std::unique_ptr<cpu::Pool> pool_;
    std::unique_ptr<PageFolder> folder_;
    std::unique_ptr<cpu::Decoder> decoder_;
    double flush_seconds_;
    std::chrono::steady_clock::time_point flushed_ = std::chrono::steady_clock::now();
};

std::size_t threads_for(const GgufFile& file, const LoadOptions& options) {
    if (options.n_threads > 0) return static_cast<std::size_t>(options.n_threads);
    const std::uint64_t n_cores = std::clamp(std::thread::hardware_concurrency(), 1U, 512U);
    return std::clamp<std::uint64_t>(file.size_bytes / bytes_a_thread, 1, n_cores);
}

// What the size of the cache goes by.
struct CacheNeeds {
    std::uint64_t weights_bytes = 0;
    std::uint64_t page_bytes = 0;
    std::size_t window_tokens = 0;
    std::size_t n_branches = 0;
};

/// How many pages the cache may hold. Where nobody says: the window and a tail for each branch, or
/// 64 windows and at most half a GiB where that is more; or what is free. A window with a page for
/// each branch is the least: with it, branches that do not fit together are stepped one by one.
Result<std::size_t> cache_pages(const std::string& name, const CacheNeeds& needs,
                                std::uint64_t wanted_bytes) {
    const auto pages = [](std::size_t n_tokens) {
        return (n_tokens + cpu::page_tokens - 1) / cpu::page_tokens;
    };
    const std::size_t n_branches = std::min(needs.n_branches, most_tails);
    const std::size_t least = pages(needs.window_tokens) + n_branches + 2;
    if (wanted_bytes > 0 && wanted_bytes / needs.page_bytes < least)
        return Error{ErrorCode::invalid_input,
                     "cache_mib " + std::to_string(wanted_bytes >> 20U) + ": model '" + name +
                         "' needs at least " +
                         std::to_string(((least * needs.page_bytes) >> 20U) + 1) +
                         " for its window of " + std::to_string(needs.window_tokens) + " tokens"};
    const std::size_t tails =
        n_branches * pages(std::min(needs.window_tokens, tail_tokens) + cpu::page_tokens);
    const std::size_t ample = std::max<std::size_t>(
        least + tails, std::min<std::size_t>(ample_bytes / needs.page_bytes,
                                             ample_windows * pages(needs.window_tokens)));
    const std::size_t wanted = wanted_bytes > 0 ? wanted_bytes / needs.page_bytes : ample;
    const auto free = free_memory_bytes();
    if (!free) return wanted;
    const std::uint64_t sure = wanted_bytes > 0 ? wanted : least;
    auto fits = check_fits(name, needs.weights_bytes + sure * needs.page_bytes, *free);
    if (!fits) return fits.error();
    if (wanted_bytes > 0) return wanted;
    const std::uint64_t room = (*free - needs.weights_bytes) / needs.page_bytes;
    return std::clamp<std::size_t>(room - room / 8, least, wanted);
}

/// The folder of pages, where one is wanted.
std::unique_ptr<PageFolder> page_folder(const LoadOptions& options, const ModelInfo& info,
                                        std::size_t page_bytes) {
    if (options.page_folder.empty() || options.page_folder_bytes == 0) return nullptr;
    const std::string identity =
        "pages " + std::to_string(cpu::cache_version) + " of " + std::to_string(cpu::page_tokens) +
        " tokens, " + std::to_string(page_bytes) + " bytes\nhash " + info.hash + "\narithmetic " +
        info.arithmetic + "\nlibc " + gnu_get_libc_version();  // its cosines are in the keys
    return std::make_unique<PageFolder>(
        PageFolder::Options{options.page_folder, options.page_folder_bytes, info.name, identity});
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
    const auto n_pages = cache_pages(
        name, {weights->size_bytes(), pages.page_bytes(), info.window_tokens, options.n_branches},
        options.cache_bytes);
    if (!n_pages) return n_pages.error();

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
    const std::string state = state_of_file(path);
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
    // The hash must be that of the weights: what is kept goes by it.
    if (state_of_file(path) != state)
        return told({ErrorCode::unavailable, "its file was changed while it was read: try again"});
    info.hash = *hash;
    auto folder = page_folder(options, info, pages.page_bytes());
    const cpu::DecoderOptions decoding{*kernels, info.window_tokens, *n_pages * cpu::page_tokens,
                                       number_bytes, folder.get()};
    auto decoder = std::make_unique<cpu::Decoder>(*std::move(weights), decoding, *pool);
    return std::unique_ptr<Model>(std::make_unique<CpuModel>(
        CpuModel::Parts{*std::move(tokenizer), std::move(info), std::move(pool), std::move(folder),
                        options.page_folder_seconds, std::move(decoder)}));
}

}  // namespace fabula::model
