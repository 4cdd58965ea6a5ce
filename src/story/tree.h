// SPDX-License-Identifier: 0BSD
// The tree of continuations: every passage that a story ever took, and where the reader stands in
// it. Owns text and order only; it knows no tokens, no model and no disk. A plain value: copy it,
// compare it, save it. Not thread-safe; the engine gives each story its own.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::story {

/// Index of a passage in its tree. The root (the opening) is 0. Never reused.
enum class PassageId : std::uint32_t { root = 0 };

/// Where a passage's words came from.
enum class Origin { opening, generated, written, edited };

/// "opening", "generated", "written", "edited". Errors of the second: invalid_input.
const char* name_of(Origin origin);
Result<Origin> origin_named(std::string_view name);

struct Passage {
    PassageId parent;  // the root's is itself
    Origin origin = Origin::opening;
    std::string text;  // UTF-8

    bool operator==(const Passage&) const = default;
};

class Tree {
public:
    explicit Tree(std::string opening);

    /// Adds a continuation of `parent` and returns its id: the number of passages before it.
    /// Errors: not_found when `parent` is not in this tree.
    Result<PassageId> add(PassageId parent, Origin origin, std::string text);

    std::size_t size() const { return passages_.size(); }
    bool has(PassageId id) const { return static_cast<std::size_t>(id) < passages_.size(); }
    /// Requires has(id).
    const Passage& at(PassageId id) const { return passages_[static_cast<std::size_t>(id)]; }

    /// The passages from the root to `end`, both included. Errors: not_found.
    Result<std::vector<PassageId>> path(PassageId end) const;
    /// The text from the opening to `end`, one passage after another. Errors: not_found.
    Result<std::string> read(PassageId end) const;
    /// The continuations of `id`, oldest first.
    std::vector<PassageId> children(PassageId id) const;
    /// Which child of its parent `id` is, from 0: stable, since passages are only ever added.
    std::size_t sibling_index(PassageId id) const;
    /// How many passages lie between the root and `id`: 0 for the root. Steps count from 1.
    std::size_t step(PassageId id) const;

    bool operator==(const Tree&) const = default;

private:
    std::vector<Passage> passages_;
};

}  // namespace fabula::story
