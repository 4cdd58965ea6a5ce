// SPDX-License-Identifier: 0BSD
// What may be asked of a language model, at the level of tokens. Backends live in subfolders
// (llama/); only their .cpp files see foreign headers.
//
// A branch is named by its tokens and nothing else: whoever asks for the logits behind a sequence
// hands over the whole sequence, and the backend finds what it has already computed. Nothing above
// this interface holds a handle to a cache.
//
// Threads: one thread at a time uses a Model.
#pragma once

#include "base/result.h"
#include "base/token.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::model {

/// What is known of a loaded model. Sizes are counts, bytes where the name says so.
struct ModelInfo {
    std::string name;          // the file's name without folder and extension
    std::string path;          // "" for the scripted model
    std::string architecture;  // "llama", "bloom", "gpt2", ..., "scripted"
    std::string backend;       // "llama", "cpu", "scripted"
    std::string arithmetic;  // what the bits depend on beside model and tokens, as "cpu avx512 f16"
                             // (backend, kernel, cache); "" where the same bits are not promised
    std::string hash;        // sha256 of the file, hex; of the script for the scripted model
    std::size_t n_vocab = 0;
    std::size_t n_embd = 0;
    std::size_t n_layer = 0;
    std::size_t window_tokens = 0;  // most tokens that a branch may hold
    std::uint64_t size_bytes = 0;
    std::string chat_template;  // "" when the model has none
};

/// Where a text stands that is to be encoded: tokenizers treat the start of a text in their own
/// way. `markup` is a start in which the names of control tokens, "<|user|>", become those tokens;
/// it is for chat templates and never for what a person typed.
enum class Place { start, inside, markup };

/// What a step had to do.
struct StepCost {
    std::size_t computed_tokens = 0;  // evaluated in this call
    std::size_t cached_tokens = 0;    // found in the cache, summed over the branches
};

/// What a model's cache holds, and what its folder on disk did for it (page_folder.h).
struct CacheFigures {
    std::uint64_t used_bytes = 0;  // of memory
    std::uint64_t most_bytes = 0;  // the budget; 0: this backend keeps no such books
    std::uint64_t n_read = 0;      // pages, from disk
    std::uint64_t n_written = 0;   // pages, to disk
    std::uint64_t n_damaged = 0;   // on disk; removed and computed again
    std::string problem;           // why pages could not be written; "" where all went well
};

class Model {
public:
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;
    virtual ~Model() = default;

    virtual const ModelInfo& info() const = 0;

    /// The tokens of `text` (UTF-8). `start` puts what the model expects at the beginning of a text
    /// (BOS) in front; `inside` gives tokens that may follow others, with nothing added.
    /// Errors: invalid_input when the vocabulary cannot spell the text.
    virtual Result<std::vector<TokenId>> encode(std::string_view text, Place place) const = 0;

    /// The bytes that `token` stands for inside a text; "" for control tokens. Not always whole
    /// characters. Requires 0 <= token < n_vocab.
    virtual std::string piece(TokenId token) const = 0;

    /// Whether `token` ends the text (a model may have several).
    virtual bool is_end(TokenId token) const = 0;

    /// The text that the model's chat template puts before its answer. What people typed is inside
    /// it as it is. Errors: invalid_input when the model has no template or llama.cpp does not know
    /// it.
    virtual Result<std::string> chat_frame(std::string_view system,
                                           std::string_view instruction) const;

    /// Most branches that one step takes.
    virtual std::size_t n_branches() const = 0;

    /// The logits behind each branch: row i of `logits` [n_branches, n_vocab] follows branches[i],
    /// which must not be empty. Branches may share prefixes; what is shared is computed once.
    /// A stop leaves the cache whole and gives Error unavailable; the caller knows that it asked.
    /// Errors: exhausted when a branch is longer than the window or the cache is full.
    virtual Result<StepCost> step(std::span<const std::span<const TokenId>> branches,
                                  std::span<float> logits, const std::stop_token& stop) = 0;

    /// The same, and the states behind the branches: row i of `states` [n_branches, n_embd] is what
    /// the last layer makes of the last token of branches[i], normalised, from which its logits
    /// come. `logits` may be empty where only the states are wanted. Errors: as step; unavailable
    /// where the backend keeps its states to itself.
    virtual Result<StepCost> step_with_states(std::span<const std::span<const TokenId>> branches,
                                              std::span<float> logits, std::span<float> states,
                                              const std::stop_token& stop);

    /// The ends of the last step's branches will be returned to (an undo, another offer): from now
    /// on logits there need no token computed, for as long as the cache has the branch. Whether the
    /// backend can do so; where it cannot, one token is computed, as for every branch.
    virtual bool hold_ends() { return false; }

    /// `tokens` will be asked for again, perhaps by another process: a backend with a folder for
    /// its cache writes what it has of them, now or later, at the latest when the model is closed.
    /// Never fails; `cache_figures` tells.
    virtual void keep(std::span<const TokenId> tokens);

    virtual CacheFigures cache_figures() const { return {}; }

    /// Calls work(i) once for each i in [0, n), perhaps on the threads that steps use, and returns
    /// when all are done: for what is to be done to each branch between steps. `work` may read the
    /// model (info, piece, is_end) and must not step it.
    virtual void each(std::size_t n, const std::function<void(std::size_t)>& work) const;

protected:
    Model() = default;
};

}  // namespace fabula::model
