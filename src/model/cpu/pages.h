// SPDX-License-Identifier: 0BSD
// Keys and values of positions that were computed, found by their tokens. A page holds 16 positions
// of one line of tokens, from a multiple of 16 on; pages form a tree, so that branches share what
// they have in common, and a branch that leaves a page in the middle takes a copy.
//
// Whole pages that somebody keeps go to a folder on disk (../page_folder.h) and come back from
// there when memory had no room for them, or in another process. What is found there is known like
// what is in memory.
//
// Books and memory; the numbers are written by whoever computes them (decoder.h).
//
// Source: a tree of tokens over pages: Zheng et al., "SGLang", 2024, arXiv:2312.07104, section 3;
// pages: Kwon et al., "PagedAttention", 2023, arXiv:2309.06180, section 4. Ours names pages by the
// hash of their line, so that a process finds what another one computed.
#pragma once

#include "base/result.h"
#include "base/token.h"
#include "model/cpu/arena.h"
#include "model/cpu/kernels.h"
#include "model/page_folder.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace fabula::model::cpu {

/// How a page is cut up: for each layer and head of keys a tile of keys [head_dim, 16 positions]
/// and then values [16 positions, padded_dim].
struct PageShape {
    std::size_t n_layer = 0;
    std::size_t n_head_kv = 0;
    std::size_t head_dim = 0;
    std::size_t number_bytes = 2;  // 2: half precision, 4: single

    std::size_t padded_dim() const { return (head_dim + 15) / 16 * 16; }
    std::size_t keys_bytes() const { return page_tokens * head_dim * number_bytes; }
    std::size_t head_bytes() const {
        return keys_bytes() + page_tokens * padded_dim() * number_bytes;
    }
    std::size_t page_bytes() const { return n_layer * n_head_kv * head_bytes(); }
    std::size_t keys_at(std::size_t layer, std::size_t head) const {
        return (layer * n_head_kv + head) * head_bytes();
    }
    std::size_t values_at(std::size_t layer, std::size_t head) const {
        return keys_at(layer, head) + keys_bytes();
    }
};

using PageId = std::uint32_t;

/// The pages of a branch, from its first token on, and how much of it they knew.
struct Walk {
    std::vector<PageId> pages;
    std::size_t n_known = 0;  // of its tokens, from the front; the rest is promised
};

class Pages {
public:
    /// `most_pages` is the budget; memory is taken as it is needed. `folder` may be null and must
    /// outlive this.
    Pages(const PageShape& shape, std::size_t most_pages, PageFolder* folder = nullptr);

    const PageShape& shape() const { return shape_; }
    std::byte* memory(PageId page) { return nodes_[page].memory; }
    std::size_t n_pages() const { return n_used_; }
    std::size_t most_pages() const { return most_pages_; }

    /// Starts a step: what it walks over stays until the next one starts.
    void begin_step() { ++step_; }

    /// The pages that hold `tokens`. Positions that no page had are promised: they count as there
    /// from now on, and whoever asked computes them and says so. Errors: exhausted when the budget
    /// does not hold what this step has walked over.
    Result<Walk> walk(std::span<const TokenId> tokens);

    /// Whether a walk over `tokens` would leave a page behind positions that are only promised.
    /// They cannot be copied: whoever wants them computed once computes them first.
    bool leaves_promises(std::span<const TokenId> tokens) const;

    /// Position `slot` of a page is computed, as are all before it.
    void computed(PageId page, std::size_t slot);

    /// Forgets promises that were not kept.
    void forget_promises();

    /// Which of the lines of tokens that it ever had a page has: another number once it was given
    /// up and taken again.
    std::uint64_t generation(PageId page) const { return nodes_[page].generation; }

    /// What it has of `tokens`, whole pages only, goes to the folder: when `flush` is called, or
    /// when memory has no room for it any more. Pages that nobody keeps are only given up.
    void keep(std::span<const TokenId> tokens);
    void flush();

    /// Forgets everything that is in memory.
    void clear();

private:
    static constexpr PageId root = 0;  // holds no tokens

    struct Node {
        PageId parent = root;
        bool is_used = false;
        std::uint32_t n_tokens = 0;  // promised ones among them
        std::uint32_t n_computed = 0;
        std::uint64_t last_step = 0;  // that walked over it
        std::uint64_t generation = 0;
        PageKey key;             // of its line, once it is whole
        bool is_wanted = false;  // in the folder
        bool is_written = false;
        std::array<TokenId, page_tokens> tokens{};
        std::vector<PageId> children;
        std::byte* memory = nullptr;  // in a slab; kept when the page is given up
    };
    struct Fit {
        PageId page = root;
        std::size_t n_common = 0;
    };

    Fit best_child(PageId parent, std::span<const TokenId> tokens) const;
    Result<PageId> add_child(PageId parent);
    Result<std::byte*> take_memory();
    Result<PageId> page_for(PageId parent, std::span<const TokenId> tokens,
                            std::optional<std::size_t>& n_known);
    bool read_back(PageId page, std::span<const TokenId> tokens);
    void write(PageId page);
    std::span<std::byte> numbers(PageId page);
    const PageKey& key_before(PageId page) const;
    bool is_whole(PageId page) const { return nodes_[page].n_computed == page_tokens; }
    void remove(PageId page);
    bool evict_one();

    PageShape shape_;
    PageFolder* folder_;
    std::size_t most_pages_;
    std::size_t n_used_ = 0;
    std::uint64_t step_ = 0;
    std::vector<Node> nodes_;
    std::vector<PageId> free_;
    std::vector<Arena> slabs_;
    std::size_t left_in_slab_ = 0;  // bytes of the last one that no page has
};

}  // namespace fabula::model::cpu
