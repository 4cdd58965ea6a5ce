// SPDX-License-Identifier: 0BSD
// Attention of rows over the pages of their branches. Two pages are read at a time, once for
// all rows that share them. A row's result is a function of its query and of the keys and values up
// to its position alone: sums run over positions in order, page by page from position 0 on.
//
// Sources: Vaswani et al., "Attention Is All You Need", 2017, arXiv:1706.03762, eq. 1; heads that
// share keys: Ainslie et al., "GQA", 2023, arXiv:2305.13245; ALiBi: Press, Smith and Lewis, "Train
// Short, Test Long", 2021, arXiv:2108.12409, section 3 (ours adds the slope times the distance to
// the query, which softmax cannot tell from theirs).
#pragma once

#include "model/cpu/kernels.h"
#include "model/cpu/pages.h"

#include <cstddef>
#include <span>
#include <vector>

namespace fabula::model::cpu {

/// Where one row of a computation stands.
struct RowPlace {
    const Walk* walk = nullptr;  // its branch's pages
    std::size_t position = 0;
};

class Attention {
public:
    struct Sizes {
        std::size_t n_head = 0;
        bool has_alibi = false;
        std::size_t most_positions = 0;
        std::size_t n_threads = 1;
    };
    Attention(const Kernels& kernels, const Sizes& sizes, Pages& pages);

    /// What one call works on: row i of `queries` [n_rows, stride] holds n_head queries of
    /// head_dim numbers, row i of `out` [n_rows, n_head * head_dim] gets the results.
    struct Call {
        std::size_t layer = 0;
        std::span<const RowPlace> rows;
        const float* queries = nullptr;
        std::size_t stride = 0;
        float* out = nullptr;
    };

    /// A call falls into items that may be done side by side, each by a thread of its own number:
    /// for each head of keys, in order, so many groups of queries.
    std::size_t groups_of(std::size_t n_rows) const;
    void attend(const Call& call, std::size_t item, std::size_t thread);

private:
    struct Query;
    struct Run;
    enum class Sight { same, any };  // how many of the keys each query of a run sees

    void attend_group(const Call& call, std::size_t head_kv, std::size_t first, float* scratch);
    void score(const Call& call, std::size_t head_kv, std::span<const Query> queries);
    void mix(const Call& call, std::size_t head_kv, std::span<const Query> queries);
    Run run_of(std::span<const Query> queries, std::size_t first, std::size_t pair,
               Sight sight) const;
    PagePair memory_of(const Run& run, std::size_t at) const;
    PagePair ahead(const Query& query, std::size_t pair, std::size_t at) const;

    const Kernels& kernels_;
    Sizes sizes_;
    Pages& pages_;
    float scale_ = 1;
    std::size_t n_shared_ = 1;  // heads to a head of keys
    std::size_t room_ = 0;      // scores of one query
    std::vector<float> slopes_;
    std::vector<std::vector<float>> memory_;  // of each thread
};

}  // namespace fabula::model::cpu
