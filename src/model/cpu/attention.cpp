// SPDX-License-Identifier: 0BSD
#include "model/cpu/attention.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace fabula::model::cpu {
namespace {

constexpr std::size_t pairs_ahead = 4;
constexpr std::size_t pair_tokens = pages_a_call * page_tokens;
constexpr float most_bias = 8;  // of ALiBi: the last slope is 2^-8 for a power of two of heads

float slope_of(std::size_t head, std::size_t n_head) {
    const std::size_t whole = std::bit_floor(n_head);
    const auto n = static_cast<double>(whole);
    const double exponent = head < whole
                                ? most_bias / n * static_cast<double>(head + 1)
                                : most_bias / 2 / n * static_cast<double>(2 * (head - whole) + 1);
    return static_cast<float>(std::exp2(-exponent));
}

}  // namespace

// One head of one row.
struct Attention::Query {
    const RowPlace* row = nullptr;
    const float* numbers = nullptr;  // scaled
    float* scores = nullptr;
    float* mixed = nullptr;
    float* out = nullptr;
    float slope = 0;

    std::size_t n_keys() const { return row->position + 1; }
    // Of its keys, those on two pages.
    std::size_t n_keys_on(std::size_t pair) const {
        const std::size_t before = pair * pair_tokens;
        return n_keys() > before ? std::min(pair_tokens, n_keys() - before) : 0;
    }
};

// Queries that stand side by side over the same two pages.
struct Attention::Run {
    std::size_t end = 0;     // behind the last of them
    std::size_t n_keys = 0;  // that the first of them sees on the pages
    std::array<PageId, pages_a_call> pages{};
};

Attention::Attention(const Kernels& kernels, const Sizes& sizes, Pages& pages)
    : kernels_(kernels), sizes_(sizes), pages_(pages) {
    const PageShape& shape = pages.shape();
    scale_ = 1.0F / std::sqrt(static_cast<float>(shape.head_dim));
    n_shared_ = sizes.n_head / shape.n_head_kv;
    room_ = (sizes.most_positions + pair_tokens - 1) / pair_tokens * pair_tokens;
    for (std::size_t head = 0; head < sizes.n_head; ++head)
        slopes_.push_back(sizes.has_alibi ? slope_of(head, sizes.n_head) : 0.0F);
    memory_.assign(sizes.n_threads,
                   std::vector<float>(most_queries * (room_ + 2 * shape.padded_dim())));
}

std::size_t Attention::groups_of(std::size_t n_rows) const {
    return (n_rows * n_shared_ + most_queries - 1) / most_queries;
}

void Attention::attend(const Call& call, std::size_t item, std::size_t thread) {
    const std::size_t n_groups = groups_of(call.rows.size());
    attend_group(call, item / n_groups, item % n_groups * most_queries, memory_[thread].data());
}

// Eight queries of a head of keys, from number `first` on: row by row, and in each its heads.
void Attention::attend_group(const Call& call, std::size_t head_kv, std::size_t first,
                             float* scratch) {
    const PageShape& shape = pages_.shape();
    const std::size_t n = std::min(most_queries, call.rows.size() * n_shared_ - first);
    std::array<Query, most_queries> all;
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t row = (first + i) / n_shared_;
        const std::size_t head = head_kv * n_shared_ + (first + i) % n_shared_;
        float* const memory = scratch + i * (room_ + 2 * shape.padded_dim());
        const float* const raw = call.queries + row * call.stride + head * shape.head_dim;
        for (std::size_t d = 0; d < shape.head_dim; ++d)
            memory[d] = raw[d] * scale_;
        float* const mixed = memory + shape.padded_dim();
        std::fill_n(mixed, shape.padded_dim(), 0.0F);
        all[i] = {&call.rows[row],
                  memory,
                  mixed + shape.padded_dim(),
                  mixed,
                  call.out + (row * sizes_.n_head + head) * shape.head_dim,
                  slopes_[head]};
    }
    const std::span<const Query> queries(all.data(), n);
    score(call, head_kv, queries);
    std::array<float, most_queries> sums{};
    for (std::size_t i = 0; i < n; ++i)
        sums[i] = kernels_.softmax(queries[i].scores, queries[i].n_keys(), queries[i].slope);
    mix(call, head_kv, queries);
    for (std::size_t i = 0; i < n; ++i) {
        const float share = 1.0F / sums[i];
        for (std::size_t d = 0; d < shape.head_dim; ++d)
            queries[i].out[d] = queries[i].mixed[d] * share;
    }
}

// From query `first` on; empty where it sees nothing of the pages. Scores behind what a query sees
// may be anything, so that with `Sight::any` its neighbours may see more or less.
Attention::Run Attention::run_of(std::span<const Query> queries, std::size_t first,
                                 std::size_t pair, Sight sight) const {
    Run run{first, queries[first].n_keys_on(pair), {}};
    if (run.n_keys == 0) return run;
    const std::size_t low = pair * pages_a_call;
    run.pages.fill(queries[first].row->walk->pages[low]);
    bool has_high = false;
    for (; run.end < queries.size(); ++run.end) {
        const Query& query = queries[run.end];
        const std::size_t n_keys = query.n_keys_on(pair);
        const auto& pages = query.row->walk->pages;
        if (n_keys == 0 || pages[low] != run.pages[0]) break;
        if (sight == Sight::same && n_keys != run.n_keys) break;
        if (n_keys <= page_tokens) continue;
        if (has_high && pages[low + 1] != run.pages[1]) break;
        run.pages[1] = pages[low + 1];
        has_high = true;
    }
    return run;
}

PagePair Attention::memory_of(const Run& run, std::size_t at) const {
    return {pages_.memory(run.pages[0]) + at, pages_.memory(run.pages[1]) + at};
}

// What will be read some pages on, for the processor to fetch: keys, then values, then the next
// head's keys, page by page.
PagePair Attention::ahead(const Query& query, std::size_t pair, std::size_t at) const {
    const PageShape& shape = pages_.shape();
    const std::size_t n_pages = (query.n_keys() + page_tokens - 1) / page_tokens;
    const std::size_t n_pairs = (n_pages + pages_a_call - 1) / pages_a_call;
    const bool is_keys = at % shape.head_bytes() == 0;
    std::size_t target = pair + pairs_ahead;
    if (target >= n_pairs) {
        target = std::min(target - n_pairs, n_pairs - 1);
        at += is_keys ? shape.keys_bytes() : shape.head_bytes() - shape.keys_bytes();
        if (at + shape.keys_bytes() > shape.page_bytes()) at = 0;  // the next layer's are not known
    }
    const auto& pages = query.row->walk->pages;
    const std::size_t low = target * pages_a_call;
    return {pages_.memory(pages[low]) + at,
            pages_.memory(pages[std::min(low + 1, n_pages - 1)]) + at};
}

void Attention::score(const Call& call, std::size_t head_kv, std::span<const Query> queries) {
    const PageShape& shape = pages_.shape();
    const auto kernel = shape.number_bytes == 2 ? kernels_.score_f16 : kernels_.score_f32;
    const std::size_t at = shape.keys_at(call.layer, head_kv);
    std::array<const float*, most_queries> numbers{};
    std::array<float*, most_queries> scores{};
    for (std::size_t pair = 0; pair < room_ / pair_tokens; ++pair) {
        bool has_any = false;
        for (std::size_t i = 0; i < queries.size();) {
            const Run run = run_of(queries, i, pair, Sight::any);
            for (std::size_t j = i; j < run.end; ++j) {
                numbers[j - i] = queries[j].numbers;
                scores[j - i] = queries[j].scores + pair * pair_tokens;
            }
            if (run.end > i) {
                has_any = true;
                kernel({memory_of(run, at), ahead(queries[i], pair, at), shape.head_dim,
                        run.end - i, numbers.data(), scores.data()});
            }
            i = std::max(run.end, i + 1);
        }
        if (!has_any) break;
    }
}

void Attention::mix(const Call& call, std::size_t head_kv, std::span<const Query> queries) {
    const PageShape& shape = pages_.shape();
    const auto kernel = shape.number_bytes == 2 ? kernels_.mix_f16 : kernels_.mix_f32;
    const std::size_t at = shape.values_at(call.layer, head_kv);
    std::array<const float*, most_queries> weights{};
    std::array<float*, most_queries> mixed{};
    for (std::size_t pair = 0; pair < room_ / pair_tokens; ++pair) {
        bool has_any = false;
        for (std::size_t i = 0; i < queries.size();) {
            const Run run = run_of(queries, i, pair, Sight::same);
            for (std::size_t j = i; j < run.end; ++j) {
                weights[j - i] = queries[j].scores + pair * pair_tokens;
                mixed[j - i] = queries[j].mixed;
            }
            if (run.end > i) {
                has_any = true;
                kernel({memory_of(run, at), ahead(queries[i], pair, at), shape.padded_dim(),
                        run.n_keys, run.end - i, weights.data(), mixed.data()});
            }
            i = std::max(run.end, i + 1);
        }
        if (!has_any) break;
    }
}

}  // namespace fabula::model::cpu
