// SPDX-License-Identifier: 0BSD
// The logits behind every position of a sequence, computed in calls of chosen sizes, with other
// branches between them where that is asked for. What the checks of bits and errors are made of.
#pragma once

#include "base/result.h"
#include "base/token.h"
#include "model/model.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

namespace fabula::app {

/// Side branches that are computed before each call: a part of the sequence (what is computed, and
/// now and then some of what comes next), then pseudo-random tokens. Nothing is kept of them but
/// what they leave in the cache.
struct Forks {
    std::uint64_t seed = 0;
    std::size_t n_branches = 0;  // before each call
};

struct LogitsPlan {
    std::vector<TokenId> tokens;
    std::vector<std::size_t> calls;  // tokens a call; together all of them
    std::optional<Forks> forks = {};
};

/// Token ids, written with commas or spaces between them: "1,9038 2501". Errors: invalid_input when
/// there is none or one is not a number from 0 to 2^31 - 1.
Result<std::vector<TokenId>> tokens_in(std::string_view text);

/// The sizes of the calls, "5,1,1,7"; "" is one call. Errors: invalid_input when one is 0 or they
/// do not add up to `n_tokens`.
Result<std::vector<std::size_t>> calls_in(std::string_view text, std::size_t n_tokens);

/// "SEED:N". Errors: invalid_input; N is 1 to 64.
Result<Forks> forks_in(std::string_view text);

/// Calls that are larger than `most` in pieces of `most` and a rest. Requires most > 0.
std::vector<std::size_t> cut_calls(const std::vector<std::size_t>& calls, std::size_t most);

/// The side branches before call `call`, behind `n_computed` tokens; none is longer than the
/// model's window.
std::vector<std::vector<TokenId>> side_branches(const LogitsPlan& plan, std::size_t call,
                                                std::size_t n_computed,
                                                const model::ModelInfo& info);

/// Takes rows of logits [n_rows, n_vocab], in the order of the tokens.
using RowSink = std::function<Result<Unit>(std::span<const float>)>;

/// Computes the plan, each call one `Model::step` whose branches are the beginnings of the sequence
/// that end in it, and hands the rows of each call to `sink`, with the number of rows done to
/// `on_progress`. The cost is that of the calls; side branches are not counted in. Requires calls
/// and side branches that the model takes in one step.
/// Errors: invalid_input (a token that the model does not have), exhausted (more tokens than its
/// window), those of the model and of the sink.
Result<model::StepCost> compute_logits(model::Model& model, const LogitsPlan& plan,
                                       const RowSink& sink,
                                       const std::function<void(std::size_t)>& on_progress,
                                       const std::stop_token& stop);

}  // namespace fabula::app
