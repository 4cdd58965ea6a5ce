// SPDX-License-Identifier: 0BSD
// The logits behind branches, on the processor, with each weight read once for all of them.
//
// Key, value and logits at a position are a function of the weights, the kernels, the cache type
// and the tokens up to there: the same bits however many tokens are computed in a call, alone or in
// company, on any number of threads, behind any fork or eviction. Each row of a product is summed
// on its own, in an order that is fixed by columns; attention is summed by absolute position.
//
// Sources: BLOOM: BigScience Workshop, "BLOOM", 2022, arXiv:2211.05100, figure 5; GPT-2: Radford et
// al., "Language Models are Unsupervised Multitask Learners", 2019; Llama: Touvron et al., "LLaMA",
// 2023, arXiv:2302.13971, section 2.2; rotary positions: Su et al., "RoFormer", 2021,
// arXiv:2104.09864, eq. 34, over pairs of neighbours.
#pragma once

#include "base/result.h"
#include "base/token.h"
#include "model/cpu/attention.h"
#include "model/cpu/kernels.h"
#include "model/cpu/pages.h"
#include "model/cpu/pool.h"
#include "model/cpu/rows.h"
#include "model/cpu/weights.h"
#include "model/model.h"

#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>
#include <unordered_map>
#include <vector>

namespace fabula::model::cpu {

struct DecoderOptions {
    const Kernels* kernels = nullptr;
    std::size_t window_tokens = 0;  // most tokens of a branch
    std::size_t cache_tokens = 0;   // most positions in the cache, whole pages
    std::size_t number_bytes = 2;   // of the cache: 2 half precision, 4 single
    PageFolder* folder = nullptr;   // for whole pages; null: memory alone. Must outlive the decoder
};

/// What the numbers in a page depend on beside model, kernel, type and tokens: this code. Whoever
/// changes a bit of them counts it up, and pages on disk are computed anew (a test tells).
constexpr int cache_version = 1;

class Decoder {
public:
    /// `pool` must outlive this.
    Decoder(Weights weights, const DecoderOptions& options, Pool& pool);
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;
    ~Decoder() = default;

    const Shape& shape() const { return weights_.shape; }

    /// What a step is to give of each branch; empty where it is not wanted.
    struct Outputs {
        std::span<float> logits;  // [n_branches, n_vocab]
        std::span<float> states;  // [n_branches, n_embd]
    };
    /// As Model::step_with_states. Tokens must be below n_vocab, branches not empty and within the
    /// window.
    Result<StepCost> step(std::span<const std::span<const TokenId>> branches,
                          const Outputs& outputs, const std::stop_token& stop);

    /// The ends of the last step's branches are places that somebody will return to: logits there
    /// will need no token computed, as long as their pages stay in memory. The last 256 such places
    /// are held.
    void hold_ends();

    /// As Pages::keep and Pages::flush.
    void keep(std::span<const TokenId> tokens) { pages_.keep(tokens); }
    void flush() { pages_.flush(); }

    const Pages& pages() const { return pages_; }

private:
    static constexpr std::size_t most_rows = 128;       // computed together
    static constexpr std::size_t most_held_ends = 256;  // each n_embd numbers

    // A token to be computed.
    struct Row {
        TokenId token = 0;
        RowPlace place;
        float* logits = nullptr;  // where its logits go, if anywhere
        float* state = nullptr;   // and its state

        bool is_silent() const { return logits == nullptr && state == nullptr; }
    };
    // What the last layer makes of the last token of a branch: where that stands, and the stream.
    struct End {
        std::uint64_t place = 0;  // page and slot
        std::uint64_t generation = 0;
        std::vector<float> stream;  // [n_embd]
    };
    // The row of a branch: one that is computed, or number `index` of those that need not be.
    struct RowIndex {
        bool is_resumed = false;
        std::size_t index = 0;
    };
    enum class After { nothing, gelu, add_to_stream };  // gelu: and on to activated_
    struct Target {
        float* out = nullptr;
        std::size_t stride = 0;
        After after = After::nothing;
    };

    Result<Unit> plan(std::span<const TokenId> branch, std::size_t index, const Outputs& outputs);
    Result<Unit> compute_planned(const std::stop_token& stop);
    void compute(std::span<const Row> rows);
    void write_resumed();
    const End* held_end(std::uint64_t place) const;
    void take_ends(std::span<const Row> rows);
    Row& row_of(const RowIndex& index);
    static std::uint64_t place_of(const Row& row);
    void embed(std::span<const Row> rows);
    void run_layer(std::size_t index, std::span<const Row> rows);
    void attend(std::size_t index, bool has_kept);
    void feed_forward(const Layer& layer);
    std::byte* head_of(const RowPlace& place, std::size_t layer, std::size_t head);
    void keep(std::size_t index, std::size_t head);
    void rotate();
    void write_logits(std::span<const Row> rows);
    void write_states(std::span<const Row> rows);
    void normalise(const Norm& norm, std::size_t i, float* normed) const;
    void prepare_normed(const Norm& norm, std::span<const Linear> readers);
    void begin(Rows& rows, std::size_t n_in, std::span<const Linear> readers) const;
    void multiply(std::span<const Linear> linears, const Rows& inputs, const Target& target);
    void finish(const Linear& linear, const TileRange& range, const Target& target);
    void find_angles();
    void drop_silent_rows(std::span<const Row> rows);
    template <typename Work>
    void each_row(const Work& work);

    Weights weights_;
    Linear head_;  // weights_.output
    const Kernels& kernels_;
    std::size_t window_tokens_;
    Pool& pool_;
    Pages pages_;
    Attention attention_;

    // Of one step.
    std::vector<Walk> walks_;
    std::vector<Row> rows_;
    std::size_t n_done_ = 0;    // of the rows
    std::vector<Row> resumed_;  // those that start from an end that is held, at its place
    std::vector<RowIndex> row_of_branch_;
    std::unordered_map<std::uint64_t, std::size_t> row_at_;  // by page and slot

    std::vector<End> ends_;  // of the step, each once
    std::vector<End> held_;
    std::size_t oldest_held_ = 0;

    // Of the rows that are being computed.
    std::size_t n_rows_ = 0;
    std::vector<RowPlace> places_;
    std::vector<float> stream_;          // [n_rows, n_embd]
    std::vector<float> normed_;          // [threads, n_embd]
    std::vector<float> qkv_;             // [n_rows, q | k | v]
    std::vector<float> mixed_;           // [n_rows, n_head * head_dim]
    std::vector<float> hidden_;          // [n_rows, n_ff] or [n_rows, gate | up]
    std::vector<float> logits_;          // [n_rows, n_vocab], where no one asked for them in a row
    std::vector<float> angles_;          // [n_rows, rope_dims]: cosine and sine of each pair
    std::vector<std::uint16_t> halves_;  // [n_head_kv, 2 head_dim]
    Rows inputs_;                        // of the products with n_embd or q_width columns
    Rows activated_;                     // of those with n_ff
};

}  // namespace fabula::model::cpu
