// SPDX-License-Identifier: 0BSD
#include "model/llama/decoder.h"

#include "model/llama/foreign_log.h"

#include <llama.h>

#include <algorithm>
#include <cassert>
#include <exception>
#include <limits>
#include <utility>

namespace fabula::model {
namespace {

constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

bool stop_asked(void* data) {
    return static_cast<const std::stop_token*>(data)->stop_requested();
}

llama_seq_id id_of(std::size_t sequence) {
    return static_cast<llama_seq_id>(sequence);
}
llama_pos position_of(std::size_t index) {
    return static_cast<llama_pos>(index);
}

}  // namespace

void ContextDeleter::operator()(llama_context* context) const {
    llama_free(context);
}

Decoder::Decoder(ContextHandle context, const DecoderSizes& sizes, std::string model_name)
    : context_(std::move(context)),
      sizes_(sizes),
      model_name_(std::move(model_name)),
      sequences_(sizes.n_sequences),
      serving_(sizes.n_branches, nowhere) {
    assert(sizes_.n_sequences > sizes_.n_branches && sizes_.n_batch >= sizes_.n_branches);
    batch_.tokens.resize(sizes_.n_batch);
    batch_.positions.resize(sizes_.n_batch);
    batch_.sequence_counts.assign(sizes_.n_batch, 1);
    batch_.sequences.resize(sizes_.n_batch);
    batch_.wants_logits.resize(sizes_.n_batch);
    for (std::int32_t& sequence : batch_.sequences)
        batch_.sequence_lists.push_back(&sequence);
    llama_set_abort_callback(context_.get(), stop_asked, &stop_);
}

Result<StepCost> Decoder::step(std::span<const Branch> branches, std::span<float> logits,
                               const std::stop_token& stop) {
    assert(logits.size() == branches.size() * sizes_.n_vocab);
    if (auto checked = check(branches); !checked) return checked.error();
    if (branches.empty()) return StepCost{};
    stop_ = stop;
    n_computed_ = 0;
    batch_.size = 0;
    forget_foreign_complaint();
    try {
        find_distinct(branches);
        if (auto done = compute(branches, logits); !done) {
            agree_with_cache();
            return done.error();
        }
    } catch (const std::exception& problem) {  // llama.cpp throws where memory ends
        agree_with_cache();
        return failed(problem.what());
    }
    StepCost cost{n_computed_, 0};
    for (const Branch branch : branches)
        cost.cached_tokens += branch.size();
    cost.cached_tokens -= n_computed_;
    return cost;
}

Result<Unit> Decoder::check(std::span<const Branch> branches) const {
    const std::string who = "model '" + model_name_ + "': ";
    if (branches.size() > sizes_.n_branches) {
        return Error{ErrorCode::invalid_input, who + std::to_string(branches.size()) +
                                                   " branches, it was loaded for " +
                                                   std::to_string(sizes_.n_branches)};
    }
    const auto unknown = [this](TokenId token) {
        return token < 0 || static_cast<std::size_t>(token) >= sizes_.n_vocab;
    };
    for (const Branch branch : branches) {
        assert(!branch.empty());
        if (branch.size() > sizes_.window_tokens) {
            return Error{ErrorCode::exhausted, who + std::to_string(branch.size()) +
                                                   " tokens, its window holds " +
                                                   std::to_string(sizes_.window_tokens)};
        }
        const auto bad = std::ranges::find_if(branch, unknown);
        if (bad != branch.end()) {
            return Error{ErrorCode::invalid_input,
                         who + "token " + std::to_string(*bad) + " is not in its vocabulary"};
        }
    }
    return Unit{};
}

/// The first step behind a prompt has the same branch for each candidate.
void Decoder::find_distinct(std::span<const Branch> branches) {
    distinct_.clear();
    same_as_.clear();
    for (std::size_t row = 0; row < branches.size(); ++row) {
        const auto same = std::ranges::find_if(distinct_, [&](std::size_t other) {
            return std::ranges::equal(branches[other], branches[row]);
        });
        same_as_.push_back(static_cast<std::size_t>(same - distinct_.begin()));
        if (same == distinct_.end()) distinct_.push_back(row);
    }
}

/// First the branches that grew by one token, so that no other takes their sequence; then the
/// others, each of which may lean on what those before it compute; then the last token of each,
/// together.
Result<Unit> Decoder::compute(std::span<const Branch> branches, std::span<float> logits) {
    sequences_.begin_step();
    for (std::size_t i = 0; i < distinct_.size(); ++i) {
        const auto grown = sequences_.extended_by(branches[distinct_[i]], serving_[i]);
        serving_[i] = grown.value_or(nowhere);
        if (grown) sequences_.claim(*grown);
    }
    for (std::size_t i = 0; i < distinct_.size(); ++i) {
        if (serving_[i] != nowhere) continue;
        const auto placed = place(branches[distinct_[i]]);
        if (!placed) return placed.error();
        serving_[i] = *placed;
    }
    if (batch_.size + distinct_.size() > sizes_.n_batch) {
        if (auto done = flush(); !done) return done;
    }
    const std::size_t first = batch_.size;
    for (std::size_t i = 0; i < distinct_.size(); ++i) {
        push(serving_[i], branches[distinct_[i]].back(), true);
    }
    if (auto done = flush(); !done) return done;
    for (std::size_t row = 0; row < branches.size(); ++row) {
        const auto index = static_cast<std::int32_t>(first + same_as_[row]);
        const float* const found = llama_get_logits_ith(context_.get(), index);
        if (found == nullptr) return failed("no logits");
        std::copy_n(found, sizes_.n_vocab,
                    logits.begin() + static_cast<std::ptrdiff_t>(row * sizes_.n_vocab));
    }
    return Unit{};
}

/// Finds a sequence for the branch, fills it up to the branch's last token (some of it may wait in
/// the batch), and claims it.
Result<std::size_t> Decoder::place(Branch branch) {
    const Match match = sequences_.best_match(branch);
    if (match.n_common > sequences_[match.sequence].n_computed) {
        if (auto done = flush(); !done) return done.error();
    }
    std::size_t target = match.sequence;
    if (sequences_.can_take_over(match, branch)) {
        shorten(target, match.n_common);
    } else {
        const auto free = sequences_.least_missed(match.n_common == 0 ? nowhere : match.sequence);
        assert(free);  // there are more sequences than branches
        target = *free;
        shorten(target, 0);
        if (match.n_common > 0) {
            llama_memory_seq_cp(llama_get_memory(context_.get()), id_of(match.sequence),
                                id_of(target), 0, position_of(match.n_common));
            const auto& source = sequences_[match.sequence].tokens;
            sequences_[target].tokens.assign(
                source.begin(), source.begin() + static_cast<std::ptrdiff_t>(match.n_common));
            sequences_[target].n_computed = match.n_common;
        }
    }
    sequences_.claim(target);
    if (auto done = fill(target, branch.first(branch.size() - 1)); !done) return done.error();
    return target;
}

Result<Unit> Decoder::fill(std::size_t sequence, Branch known) {
    for (std::size_t i = sequences_[sequence].tokens.size(); i < known.size(); ++i) {
        if (batch_.size == sizes_.n_batch) {
            if (auto done = flush(); !done) return done;
        }
        push(sequence, known[i], false);
    }
    return Unit{};
}

/// Cuts a sequence in books and cache. A cache that cannot cut gives up the whole sequence.
void Decoder::shorten(std::size_t sequence, std::size_t n_tokens) {
    Sequence& entry = sequences_[sequence];
    if (entry.tokens.size() == n_tokens) return;
    auto* const memory = llama_get_memory(context_.get());
    if (!llama_memory_seq_rm(memory, id_of(sequence), position_of(n_tokens), -1)) {
        llama_memory_seq_rm(memory, id_of(sequence), -1, -1);
        n_tokens = 0;
    }
    entry.tokens.resize(n_tokens);
    entry.n_computed = std::min(entry.n_computed, n_tokens);
}

void Decoder::push(std::size_t sequence, TokenId token, bool wants_logits) {
    Sequence& entry = sequences_[sequence];
    const std::size_t i = batch_.size++;
    batch_.tokens[i] = token;
    batch_.positions[i] = position_of(entry.tokens.size());
    batch_.sequences[i] = id_of(sequence);
    batch_.wants_logits[i] = wants_logits ? 1 : 0;
    entry.tokens.push_back(token);
}

/// Computes what waits. When no room is left in the cache, sequences that nobody asked for in this
/// step are forgotten, the oldest first.
Result<Unit> Decoder::flush() {
    if (batch_.size == 0) return Unit{};
    const llama_batch batch{static_cast<std::int32_t>(batch_.size),
                            batch_.tokens.data(),
                            nullptr,
                            batch_.positions.data(),
                            batch_.sequence_counts.data(),
                            batch_.sequence_lists.data(),
                            batch_.wants_logits.data()};
    for (;;) {
        if (stop_.stop_requested()) return Error{ErrorCode::unavailable, "stopped"};
        const std::int32_t status = llama_decode(context_.get(), batch);
        if (status == 0) break;
        if (status == 2) return Error{ErrorCode::unavailable, "stopped"};
        if (status != 1) return failed("step failed with status " + std::to_string(status));
        const auto idle = sequences_.least_missed_of_filled();
        if (!idle) {
            return Error{ErrorCode::exhausted, "model '" + model_name_ +
                                                   "': the cache has no room for " +
                                                   std::to_string(batch_.size) + " tokens more"};
        }
        shorten(*idle, 0);
    }
    n_computed_ += batch_.size;
    for (std::size_t i = 0; i < batch_.size; ++i) {
        Sequence& entry = sequences_[static_cast<std::size_t>(batch_.sequences[i])];
        entry.n_computed = static_cast<std::size_t>(batch_.positions[i]) + 1;
    }
    batch_.size = 0;
    return Unit{};
}

/// After a step that ended early: what the cache holds is what counts.
void Decoder::agree_with_cache() {
    auto* const memory = llama_get_memory(context_.get());
    for (std::size_t i = 0; i < sequences_.size(); ++i) {
        const llama_pos last = llama_memory_seq_pos_max(memory, id_of(i));  // -1: it holds nothing
        const std::size_t held = last < 0 ? 0 : static_cast<std::size_t>(last) + 1;
        Sequence& entry = sequences_[i];
        entry.tokens.resize(std::min(entry.tokens.size(), held));
        entry.n_computed = entry.tokens.size();
        if (held > entry.tokens.size()) {
            llama_memory_seq_rm(memory, id_of(i), position_of(entry.tokens.size()), -1);
        }
    }
    batch_.size = 0;
}

Error Decoder::failed(const std::string& why) const {
    const std::string complaint = foreign_complaint();
    return Error{ErrorCode::unavailable,
                 "model '" + model_name_ + "': " + (complaint.empty() ? why : complaint)};
}

}  // namespace fabula::model
