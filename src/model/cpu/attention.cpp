// SPDX-License-Identifier: 0BSD
#include "model/cpu/attention.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace fabula::model::cpu {
namespace {

constexpr std::size_t pages_ahead = 4;
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
};

Attention::Attention(const Kernels& kernels, const Sizes& sizes, Pages& pages)
    : kernels_(kernels), sizes_(sizes), pages_(pages) {
    const PageShape& shape = pages.shape();
    scale_ = 1.0F / std::sqrt(static_cast<float>(shape.head_dim));
    n_shared_ = sizes.n_head / shape.n_head_kv;
    room_ = (sizes.most_positions + page_tokens - 1) / page_tokens * page_tokens;
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

// Where the queries end that have the same page there as query `first`; `first` where it has none.
std::size_t Attention::end_of_run(std::span<const Query> queries, std::size_t first,
                                  std::size_t page) const {
    const auto has_it = [&](const Query& query) { return query.n_keys() > page * page_tokens; };
    if (!has_it(queries[first])) return first;
    const PageId id = queries[first].row->walk->pages[page];
    std::size_t end = first + 1;
    while (end < queries.size() && has_it(queries[end]) &&
           queries[end].row->walk->pages[page] == id)
        ++end;
    return end;
}

// What will be read some pages on, for the processor to fetch: keys, then values, then the next
// head's keys, page by page.
const std::byte* Attention::ahead(const Query& query, std::size_t page, std::size_t at) const {
    const PageShape& shape = pages_.shape();
    const std::size_t n_pages = (query.n_keys() + page_tokens - 1) / page_tokens;
    const bool is_keys = at % shape.head_bytes() == 0;
    std::size_t target = page + pages_ahead;
    if (target >= n_pages) {
        target = std::min(target - n_pages, n_pages - 1);
        at += is_keys ? shape.keys_bytes() : shape.head_bytes() - shape.keys_bytes();
        if (at + shape.keys_bytes() > shape.page_bytes()) return nullptr;
    }
    return pages_.memory(query.row->walk->pages[target]) + at;
}

void Attention::score(const Call& call, std::size_t head_kv, std::span<const Query> queries) {
    const PageShape& shape = pages_.shape();
    const auto kernel = shape.number_bytes == 2 ? kernels_.score_f16 : kernels_.score_f32;
    const std::size_t at = shape.keys_at(call.layer, head_kv);
    const std::size_t n_pages = room_ / page_tokens;
    std::array<const float*, most_queries> numbers{};
    std::array<float*, most_queries> scores{};
    for (std::size_t page = 0; page < n_pages; ++page) {
        bool has_any = false;
        for (std::size_t i = 0; i < queries.size();) {
            const std::size_t end = end_of_run(queries, i, page);
            for (std::size_t j = i; j < end; ++j) {
                numbers[j - i] = queries[j].numbers;
                scores[j - i] = queries[j].scores + page * page_tokens;
            }
            if (end > i) {
                has_any = true;
                const Walk& walk = *queries[i].row->walk;
                kernel({pages_.memory(walk.pages[page]) + at, ahead(queries[i], page, at),
                        shape.head_dim, end - i, numbers.data(), scores.data()});
            }
            i = std::max(end, i + 1);
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
    for (std::size_t page = 0; page < room_ / page_tokens; ++page) {
        bool has_any = false;
        for (std::size_t i = 0; i < queries.size();) {
            std::size_t end = end_of_run(queries, i, page);
            if (end == i) {
                ++i;
                continue;
            }
            has_any = true;
            const auto n_keys = [&](std::size_t j) {
                return std::min(page_tokens, queries[j].n_keys() - page * page_tokens);
            };
            std::size_t same = i + 1;  // those that see as much of the page
            while (same < end && n_keys(same) == n_keys(i))
                ++same;
            end = same;
            for (std::size_t j = i; j < end; ++j) {
                weights[j - i] = queries[j].scores + page * page_tokens;
                mixed[j - i] = queries[j].mixed;
            }
            const Walk& walk = *queries[i].row->walk;
            kernel({pages_.memory(walk.pages[page]) + at, ahead(queries[i], page, at),
                    shape.padded_dim(), n_keys(i), end - i, weights.data(), mixed.data()});
            i = end;
        }
        if (!has_any) break;
    }
}

}  // namespace fabula::model::cpu
