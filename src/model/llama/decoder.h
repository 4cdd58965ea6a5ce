// SPDX-License-Identifier: 0BSD
// The logits behind branches, with as little computed as the cache allows. Owns a llama.cpp context
// and the books of its cache; knows tokens only.
#pragma once

#include "base/result.h"
#include "model/llama/sequences.h"
#include "model/model.h"

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

struct llama_context;

namespace fabula::model {

struct ContextDeleter {
    void operator()(llama_context* context) const;
};
using ContextHandle = std::unique_ptr<llama_context, ContextDeleter>;

/// What a decoder is made for; the context must have been made for the same.
struct DecoderSizes {
    std::size_t n_branches = 0;
    std::size_t n_sequences = 0;  // more than n_branches
    std::size_t window_tokens = 0;
    std::size_t n_vocab = 0;
    std::size_t n_batch = 0;  // tokens in one call; at least n_branches
};

class Decoder {
public:
    Decoder(ContextHandle context, const DecoderSizes& sizes, std::string model_name);
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;
    ~Decoder() = default;

    /// As Model::step.
    Result<StepCost> step(std::span<const std::span<const TokenId>> branches,
                          std::span<float> logits, const std::stop_token& stop);

private:
    using Branch = std::span<const TokenId>;

    /// Tokens that wait to be computed together, as llama.cpp wants them.
    struct Batch {
        std::vector<TokenId> tokens;
        std::vector<std::int32_t> positions;
        std::vector<std::int32_t> sequence_counts;
        std::vector<std::int32_t> sequences;
        std::vector<std::int32_t*> sequence_lists;  // each points into `sequences`
        std::vector<std::int8_t> wants_logits;
        std::size_t size = 0;
    };

    Result<Unit> check(std::span<const Branch> branches) const;
    void find_distinct(std::span<const Branch> branches);
    Result<Unit> compute(std::span<const Branch> branches, std::span<float> logits);
    Result<std::size_t> place(Branch branch);
    Result<Unit> fill(std::size_t sequence, Branch known);
    void shorten(std::size_t sequence, std::size_t n_tokens);
    void push(std::size_t sequence, TokenId token, bool wants_logits);
    Result<Unit> flush();
    void agree_with_cache();
    Error failed(const std::string& why) const;

    ContextHandle context_;
    DecoderSizes sizes_;
    std::string model_name_;
    Sequences sequences_;
    Batch batch_;
    std::vector<std::size_t> distinct_;  // rows whose branch no earlier row has
    std::vector<std::size_t> same_as_;   // for each row, the index into distinct_
    std::vector<std::size_t>
        serving_;                 // for each of distinct_, its sequence; kept from step to step
    std::size_t n_computed_ = 0;  // in this step
    std::stop_token stop_;        // of this step
};

}  // namespace fabula::model
