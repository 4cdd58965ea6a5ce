// SPDX-License-Identifier: 0BSD
#include "model/llama/load.h"

#include "model/gguf_file.h"
#include "model/llama/decoder.h"
#include "model/llama/foreign_log.h"
#include "model/llama/tokenizer.h"
#include "model/llama/vocabulary.h"
#include "model/memory.h"
#include "model/sha256.h"

#include <llama.h>

#include <algorithm>
#include <array>
#include <exception>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>

namespace fabula::model {
namespace {

constexpr std::size_t default_window = 8192;  // a cache for more is asked for, not assumed
constexpr std::size_t most_batch = 512;       // tokens in one call of llama.cpp
constexpr std::size_t tail_tokens = 1024;     // of its own that each branch has room for
constexpr std::size_t cell_step = 256;        // llama.cpp rounds up to it
constexpr std::uint64_t bytes_a_thread = 32U << 20U;
constexpr float share_of_load = 0.9F;  // of the progress; the hash takes the rest

/// What the cache is made for.
struct CacheSizes {
    std::size_t window_tokens = 0;
    std::size_t n_cells = 0;  // tokens that the cache holds
    std::size_t n_sequences = 0;
};

CacheSizes cache_sizes(const GgufFile& file, const LoadOptions& options) {
    const std::size_t trained = file.number(file.text("general.architecture") + ".context_length");
    const std::size_t wanted = options.window_tokens == 0 ? default_window : options.window_tokens;
    CacheSizes sizes;
    sizes.window_tokens = std::min(trained, wanted);
    const std::size_t n_cells =
        sizes.window_tokens + options.n_branches * std::min(sizes.window_tokens, tail_tokens);
    sizes.n_cells = (n_cells + cell_step - 1) / cell_step * cell_step;
    // As many again as there are branches, so that a finished step's prefixes stay; some for undo.
    sizes.n_sequences = 2 * options.n_branches + 4;
    return sizes;
}

/// The file's size and the cache's, as the header lets one guess them.
std::uint64_t needed_bytes(const GgufFile& file, const CacheSizes& sizes, CacheType cache) {
    const std::string prefix = file.text("general.architecture") + ".";
    const std::uint64_t n_embd = file.number(prefix + "embedding_length");
    const std::uint64_t n_head =
        std::max<std::uint64_t>(1, file.number(prefix + "attention.head_count", 1));
    const std::uint64_t n_head_kv = file.number(prefix + "attention.head_count_kv", n_head);
    const std::uint64_t head = file.number(prefix + "attention.key_length", n_embd / n_head);
    const double numbers = 2.0 * static_cast<double>(file.number(prefix + "block_count")) *
                           static_cast<double>(n_head_kv) * static_cast<double>(head) *
                           static_cast<double>(sizes.n_cells);
    const double cache_bytes = numbers * (cache == CacheType::f16 ? 2 : 4);
    const double most = 9e18;
    return static_cast<std::uint64_t>(
        std::min(most, cache_bytes + static_cast<double>(file.size_bytes)));
}

/// Progress of one part of a load, as a share of the whole.
struct Progress {
    const std::function<bool(float)>* listener = nullptr;
    bool stopped = false;
};

bool report_load(float share, void* data) {
    auto* const progress = static_cast<Progress*>(data);
    if (!*progress->listener) return true;
    progress->stopped = !(*progress->listener)(share * share_of_load);
    return !progress->stopped;
}

Result<ModelHandle> load_weights(const std::string& path, const std::string& who,
                                 const LoadOptions& options) {
    Progress progress{&options.on_progress};
    std::array<ggml_backend_dev_t, 1> no_devices = {
        nullptr};  // the list ends at once: processor only
    llama_model_params params = llama_model_default_params();
    params.devices = no_devices.data();
    params.n_gpu_layers = 0;
    params.progress_callback = report_load;
    params.progress_callback_user_data = &progress;
    ModelHandle model(llama_model_load_from_file(path.c_str(), params));
    if (progress.stopped) return Error{ErrorCode::unavailable, who + "stopped"};
    if (model == nullptr) return llama_refusal(who, "llama.cpp does not load it");
    // A running state cannot be cut back to a prefix that branches share.
    const bool has_state =
        llama_model_is_recurrent(model.get()) || llama_model_is_hybrid(model.get());
    const bool generates = llama_model_has_decoder(model.get()) &&
                           !llama_model_has_encoder(model.get()) &&
                           !llama_model_is_diffusion(model.get());
    if (has_state || !generates) {
        return Error{ErrorCode::invalid_input,
                     who + (has_state ? "it keeps a running state, which branches cannot share"
                                      : "it is no decoder that writes token by token")};
    }
    return model;
}

/// The threads of ggml wait for each other by spinning, some hundred times a token: where another
/// program wants the same cores, two threads wrote 6 tokens a second with a model of 17 MB, one
/// wrote 560.
int threads_for(const GgufFile& file, const LoadOptions& options) {
    if (options.n_threads > 0) return options.n_threads;
    const std::uint64_t n_cores = std::clamp(std::thread::hardware_concurrency(), 1U, 512U);
    return static_cast<int>(
        std::clamp<std::uint64_t>(file.size_bytes / bytes_a_thread, 1, n_cores));
}

Result<ContextHandle> make_context(llama_model* model, const GgufFile& file, const std::string& who,
                                   const CacheSizes& sizes, const LoadOptions& options) {
    const ggml_type cache = options.cache == CacheType::f16 ? GGML_TYPE_F16 : GGML_TYPE_F32;
    llama_context_params params = llama_context_default_params();
    params.n_ctx = static_cast<std::uint32_t>(sizes.n_cells);
    params.n_batch = most_batch;
    params.n_ubatch = most_batch;
    params.n_outputs_max =
        static_cast<std::uint32_t>(sizes.n_sequences);  // llama.cpp wants no less
    params.n_seq_max = static_cast<std::uint32_t>(sizes.n_sequences);
    params.n_threads = threads_for(file, options);
    params.n_threads_batch = params.n_threads;
    params.pooling_type = LLAMA_POOLING_TYPE_NONE;
    params.flash_attn_type =
        options.flash_attention ? LLAMA_FLASH_ATTN_TYPE_AUTO : LLAMA_FLASH_ATTN_TYPE_DISABLED;
    params.type_k = cache;
    params.type_v = cache;
    params.offload_kqv = false;
    params.op_offload = false;
    params.swa_full = true;  // sequences are cut back: undo
    params.kv_unified = true;
    ContextHandle context(llama_init_from_model(model, params));
    if (context == nullptr || llama_get_memory(context.get()) == nullptr) {
        return llama_refusal(who, "llama.cpp makes no context of it");
    }
    return context;
}

class LlamaModel final : public Model {
public:
    LlamaModel(ModelHandle model, ContextHandle context, ModelInfo info, const DecoderSizes& sizes)
        : model_(std::move(model)),
          info_(std::move(info)),
          sizes_(sizes),
          vocabulary_(llama_model_get_vocab(model_.get()), info_.name),
          decoder_(std::move(context), sizes, info_.name) {}

    const ModelInfo& info() const override { return info_; }

    Result<std::vector<TokenId>> encode(std::string_view text, Place place) const override {
        return vocabulary_.encode(text, place);
    }
    std::string piece(TokenId token) const override { return vocabulary_.piece(token); }
    bool is_end(TokenId token) const override { return vocabulary_.is_end(token); }
    std::size_t n_branches() const override { return sizes_.n_branches; }

    Result<std::string> chat_frame(std::string_view system,
                                   std::string_view instruction) const override {
        if (info_.chat_template.empty()) return Model::chat_frame(system, instruction);
        return chat_frame_of(model_.get(), info_.name, system, instruction);
    }

    Result<StepCost> step(std::span<const std::span<const TokenId>> branches,
                          std::span<float> logits, const std::stop_token& stop) override {
        return decoder_.step(branches, logits, stop);
    }

private:
    ModelHandle model_;  // outlives what is made of it
    ModelInfo info_;
    DecoderSizes sizes_;
    Vocabulary vocabulary_;
    Decoder decoder_;
};

ModelInfo info_of(const llama_model* model, const GgufFile& file, const std::string& path,
                  const CacheSizes& sizes) {
    ModelInfo info;
    info.name = std::filesystem::path(path).stem().string();
    info.path = path;
    info.architecture = file.text("general.architecture");
    info.backend = "llama";
    info.n_vocab = static_cast<std::size_t>(llama_vocab_n_tokens(llama_model_get_vocab(model)));
    info.n_embd = static_cast<std::size_t>(llama_model_n_embd(model));
    info.n_layer = static_cast<std::size_t>(llama_model_n_layer(model));
    info.window_tokens = sizes.window_tokens;
    info.size_bytes = file.size_bytes;
    const char* const chat = llama_model_chat_template(model, nullptr);
    if (chat != nullptr) info.chat_template = chat;
    return info;
}

Result<std::unique_ptr<Model>> load_sound(const std::string& path, const GgufFile& file,
                                          const LoadOptions& options) {
    const std::string name = std::filesystem::path(path).filename().string();
    const std::string who = "model '" + name + "': ";
    const CacheSizes sizes = cache_sizes(file, options);
    if (const auto free = free_memory_bytes()) {
        const auto fits = check_fits(name, needed_bytes(file, sizes, options.cache), *free);
        if (!fits) return fits.error();
    }
    start_llama();
    forget_foreign_complaint();
    auto model = load_weights(path, who, options);
    if (!model) return model.error();
    auto context = make_context(model->get(), file, who, sizes, options);
    if (!context) return context.error();
    ModelInfo info = info_of(model->get(), file, path, sizes);
    const auto on_hash = [&options](float share) {
        return !options.on_progress ||
               options.on_progress(share_of_load + (1 - share_of_load) * share);
    };
    auto hash = remembered_sha256(
        path, options.hash_folder.empty() ? default_hash_folder() : options.hash_folder, on_hash);
    if (!hash) return hash.error();
    info.hash = *hash;
    const DecoderSizes decoder{options.n_branches, sizes.n_sequences, sizes.window_tokens,
                               info.n_vocab,
                               std::min<std::size_t>(most_batch, llama_n_batch(context->get()))};
    return std::unique_ptr<Model>(std::make_unique<LlamaModel>(
        std::move(*model), std::move(*context), std::move(info), decoder));
}

}  // namespace

Result<std::unique_ptr<Model>> load_llama(const std::string& path, const LoadOptions& options) {
    if (options.n_branches < 1 || options.n_branches > most_branches) {
        return Error{ErrorCode::invalid_input, "branches: " + std::to_string(options.n_branches) +
                                                   ", possible is 1 to " +
                                                   std::to_string(most_branches)};
    }
    const std::string name = std::filesystem::path(path).filename().string();
    const auto file = inspect_gguf(path);
    if (!file) return file.error();
    if (auto runnable = check_runnable(*file, name); !runnable) return runnable.error();
    try {
        return load_sound(path, *file, options);
    } catch (const std::exception& problem) {  // llama.cpp throws past its own border at times
        return Error{ErrorCode::exhausted, "model '" + name + "': " + problem.what()};
    }
}

std::string llama_version() {
    start_llama();
    return std::string("llama.cpp ") + ::llama_version() + ", " + llama_print_system_info();
}

}  // namespace fabula::model
