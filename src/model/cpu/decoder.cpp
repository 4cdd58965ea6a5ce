// SPDX-License-Identifier: 0BSD
#include "model/cpu/decoder.h"

#include "model/cpu/tiles.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <utility>

namespace fabula::model::cpu {
namespace {

constexpr std::size_t few_rows = 4;           // not worth waking a thread for
constexpr std::size_t most_chunk_tiles = 64;  // that a thread takes at a time
constexpr std::size_t chunks_a_thread = 8;
constexpr std::size_t most_fetched_rows = 8;  // more find their lines by themselves

PageShape page_shape(const Shape& shape, std::size_t number_bytes) {
    return {shape.n_layer, shape.n_head_kv, shape.head_dim, number_bytes};
}

std::uint64_t key_of(PageId page, std::size_t slot) {
    return static_cast<std::uint64_t>(page) * page_tokens + slot;
}

PageId page_of(std::uint64_t key) {
    return static_cast<PageId>(key / page_tokens);
}

const std::byte* tile_of(const Matrix& matrix, std::size_t row) {
    return matrix.tiles + row / tile_rows * matrix.tile_bytes;
}

void take_row(const Matrix& matrix, std::size_t row, float* out) {
    unpack_row(matrix.format, tile_of(matrix, row), row % tile_rows, matrix.n_in, out);
}

// Asks for the lines that scatter() writes: of keys, a line for every two numbers.
void fetch_for_writing(std::byte* head, std::size_t slot, const PageShape& shape) {
    const std::size_t tile_bytes = tile_rows * shape.number_bytes * shape.head_dim;
    std::byte* const tile = head + slot / tile_rows * tile_bytes;
    for (std::size_t at = 0; at < tile_bytes; at += 64)
        __builtin_prefetch(tile + at, 1);
    const std::size_t row_bytes = shape.padded_dim() * shape.number_bytes;
    std::byte* const values = head + shape.keys_bytes() + slot * row_bytes;
    for (std::size_t at = 0; at < row_bytes; at += 64)
        __builtin_prefetch(values + at, 1);
}

template <typename Number>
void scatter(const Number* keys, const Number* values, std::size_t slot, const PageShape& shape,
             std::byte* head) {
    auto* const tile =
        reinterpret_cast<Number*>(head) + slot / tile_rows * tile_rows * shape.head_dim;
    for (std::size_t d = 0; d < shape.head_dim; ++d)
        tile[d * tile_rows + slot % tile_rows] = keys[d];
    auto* const kept = reinterpret_cast<Number*>(head + shape.keys_bytes());
    std::copy_n(values, shape.head_dim, kept + slot * shape.padded_dim());
}

// Row `i` of `out`, where that is wanted and `made` is not it already.
void copy_row(const float* made, std::size_t i, std::size_t width, std::span<float> out) {
    if (out.empty() || made == out.data() + i * width) return;
    std::copy_n(made, width, out.data() + i * width);
}

}  // namespace

Decoder::Decoder(Weights weights, const DecoderOptions& options, Pool& pool)
    : weights_(std::move(weights)),
      kernels_(*options.kernels),
      window_tokens_(options.window_tokens),
      pool_(pool),
      pages_(page_shape(weights_.shape, options.number_bytes),
             (options.cache_tokens + page_tokens - 1) / page_tokens, options.folder),
      attention_(kernels_,
                 {weights_.shape.n_head, weights_.shape.family == Family::bloom,
                  options.window_tokens, pool.size()},
                 pages_),
      inputs_(most_rows, std::max(weights_.shape.n_embd, weights_.shape.q_width())),
      activated_(most_rows, weights_.shape.n_ff) {
    const Shape& shape = weights_.shape;
    const std::size_t n_up = weights_.layers.empty() ? 1 : weights_.layers.front().up.size();
    stream_.resize(most_rows * shape.n_embd);
    normed_.resize(pool.size() * shape.n_embd);
    qkv_.resize(most_rows * (shape.q_width() + 2 * shape.kv_width()));
    mixed_.resize(most_rows * std::max(shape.q_width(), shape.n_embd));
    hidden_.resize(most_rows * shape.n_ff * n_up);
    angles_.resize(most_rows * shape.rope_dims);
    halves_.resize(2 * shape.kv_width());
    head_.weight = weights_.output;
}

template <typename Work>
void Decoder::each_row(const Work& work) {
    if (n_rows_ > few_rows) {
        pool_.each(n_rows_, work);
        return;
    }
    for (std::size_t row = 0; row < n_rows_; ++row)
        work(row, std::size_t{0});
}

Result<StepCost> Decoder::step(std::span<const std::span<const TokenId>> branches,
                               const Outputs& outputs, const std::stop_token& stop) {
    [[maybe_unused]] const auto fits = [&](std::span<const float> out, std::size_t width) {
        return out.empty() || out.size() == branches.size() * width;
    };
    assert(fits(outputs.logits, weights_.shape.n_vocab));
    assert(fits(outputs.states, weights_.shape.n_embd));
    pages_.begin_step();
    rows_.clear();
    n_done_ = 0;
    row_at_.clear();
    resumed_.clear();
    ends_.clear();
    walks_.assign(branches.size(), {});
    row_of_branch_.assign(branches.size(), {});
    auto done = Result<Unit>(Unit{});
    for (std::size_t i = 0; i < branches.size() && done; ++i) {
        if (pages_.leaves_promises(branches[i])) done = compute_planned(stop);
        if (done) done = plan(branches[i], i, outputs);
    }
    if (done) done = compute_planned(stop);
    if (!done) {
        pages_.forget_promises();
        return done.error();
    }
    write_resumed();
    StepCost cost{rows_.size(), 0};
    for (std::size_t i = 0; i < branches.size(); ++i) {
        cost.cached_tokens += branches[i].size();
        const Row& row = row_of(row_of_branch_[i]);
        copy_row(row.logits, i, weights_.shape.n_vocab, outputs.logits);
        copy_row(row.state, i, weights_.shape.n_embd, outputs.states);
    }
    cost.cached_tokens -= std::min(cost.cached_tokens, cost.computed_tokens);
    return cost;
}

// Finds the pages of a branch and the rows that are to be computed for it, each behind those that
// it sees.
Result<Unit> Decoder::plan(std::span<const TokenId> branch, std::size_t index,
                           const Outputs& outputs) {
    assert(!branch.empty() && branch.size() <= window_tokens_);
    auto found = pages_.walk(branch);
    if (!found) return found.error();
    walks_[index] = *std::move(found);
    const Walk& walk = walks_[index];
    const std::size_t last = branch.size() - 1;
    const auto key_at = [&](std::size_t position) {
        return key_of(walk.pages[position / page_tokens], position % page_tokens);
    };
    // Where all is known the last position is computed for its logits: not where this step has it,
    // whose row does, nor where its end is held.
    std::size_t position = walk.n_known;
    const std::uint64_t place = key_at(last);
    const auto same = row_at_.find(place);
    const bool is_open = same != row_at_.end() && same->second >= n_done_;
    if (position == branch.size() && !is_open) {
        const auto resumed = std::ranges::find(resumed_, place, place_of);
        if (resumed != resumed_.end() || held_end(place) != nullptr) {
            row_of_branch_[index] = {true, static_cast<std::size_t>(resumed - resumed_.begin())};
            if (resumed == resumed_.end()) resumed_.push_back({branch[last], {&walk, last}});
        } else {
            position = last;
        }
    }
    for (; position < branch.size(); ++position) {
        row_at_[key_at(position)] = rows_.size();
        rows_.push_back({branch[position], {&walk, position}});
    }
    if (!row_of_branch_[index].is_resumed) row_of_branch_[index].index = row_at_.at(place);
    Row& row = row_of(row_of_branch_[index]);
    if (row.logits == nullptr && !outputs.logits.empty())
        row.logits = outputs.logits.data() + index * weights_.shape.n_vocab;
    if (row.state == nullptr && !outputs.states.empty())
        row.state = outputs.states.data() + index * weights_.shape.n_embd;
    return Unit{};
}

Decoder::Row& Decoder::row_of(const RowIndex& index) {
    return index.is_resumed ? resumed_[index.index] : rows_[index.index];
}

std::uint64_t Decoder::place_of(const Row& row) {
    const auto& [walk, position] = row.place;
    return key_of(walk->pages[position / page_tokens], position % page_tokens);
}

const Decoder::End* Decoder::held_end(std::uint64_t place) const {
    const auto found = std::ranges::find_if(held_, [&](const End& end) {
        return end.place == place && end.generation == pages_.generation(page_of(place));
    });
    return found == held_.end() ? nullptr : &*found;
}

// The streams of rows that are not silent, behind the last layer.
void Decoder::take_ends(std::span<const Row> rows) {
    std::size_t at = 0;
    for (const Row& row : rows) {
        if (row.is_silent()) continue;
        const float* const stream = stream_.data() + at++ * weights_.shape.n_embd;
        const std::uint64_t place = place_of(row);
        ends_.push_back({place, pages_.generation(page_of(place)),
                         std::vector<float>(stream, stream + weights_.shape.n_embd)});
    }
}

void Decoder::hold_ends() {
    for (End& end : ends_) {
        if (held_end(end.place) != nullptr) continue;
        if (held_.size() < most_held_ends) {
            held_.push_back(std::move(end));
            continue;
        }
        held_[oldest_held_] = std::move(end);
        oldest_held_ = (oldest_held_ + 1) % most_held_ends;
    }
    ends_.clear();
}

// Logits and states of the branches whose ends are held.
void Decoder::write_resumed() {
    const std::span<const Row> rows(resumed_);
    for (std::size_t first = 0; first < rows.size(); first += most_rows) {
        const auto some = rows.subspan(first, std::min(most_rows, rows.size() - first));
        n_rows_ = some.size();
        for (std::size_t i = 0; i < some.size(); ++i) {
            const End* const end = held_end(place_of(some[i]));
            assert(end != nullptr);
            std::ranges::copy(end->stream, stream_.data() + i * weights_.shape.n_embd);
        }
        write_states(some);
        write_logits(some);
    }
}

Result<Unit> Decoder::compute_planned(const std::stop_token& stop) {
    const std::span<const Row> rows(rows_);
    for (; n_done_ < rows.size();) {
        if (stop.stop_requested()) return Error{ErrorCode::unavailable, "stopped"};
        const auto some = rows.subspan(n_done_, std::min(most_rows, rows.size() - n_done_));
        compute(some);
        for (const Row& row : some) {
            pages_.computed(row.place.walk->pages[row.place.position / page_tokens],
                            row.place.position % page_tokens);
        }
        n_done_ += some.size();
    }
    return Unit{};
}

void Decoder::compute(std::span<const Row> rows) {
    n_rows_ = rows.size();
    places_.clear();
    for (const Row& row : rows)
        places_.push_back(row.place);
    embed(rows);
    if (weights_.shape.rope_dims > 0) find_angles();
    for (std::size_t layer = 0; layer < weights_.layers.size(); ++layer)
        run_layer(layer, rows);
    if (n_rows_ == 0) return;
    take_ends(rows);
    write_states(rows);
    write_logits(rows);
}

void Decoder::embed(std::span<const Row> rows) {
    const Shape& shape = weights_.shape;
    each_row([&](std::size_t i, std::size_t thread) {
        float* const stream = stream_.data() + i * shape.n_embd;
        float* const scratch = normed_.data() + thread * shape.n_embd;
        take_row(weights_.token_embd, static_cast<std::size_t>(rows[i].token), stream);
        if (shape.family == Family::gpt2) {
            take_row(weights_.position_embd, rows[i].place.position, scratch);
            for (std::size_t d = 0; d < shape.n_embd; ++d)
                stream[d] += scratch[d];
        }
        if (shape.family == Family::bloom) {
            std::copy_n(stream, shape.n_embd, scratch);
            const Affine affine{weights_.embd_norm.gain.data(), weights_.embd_norm.bias.data()};
            kernels_.layer_norm(scratch, shape.n_embd, shape.epsilon, affine, stream);
        }
    });
}

void Decoder::run_layer(std::size_t index, std::span<const Row> rows) {
    const Shape& shape = weights_.shape;
    const Layer& layer = weights_.layers[index];
    prepare_normed(layer.attn_norm, layer.qkv);
    multiply(layer.qkv, inputs_, {qkv_.data(), shape.q_width() + 2 * shape.kv_width()});
    if (shape.rope_dims > 0) rotate();
    const bool is_last = index + 1 == weights_.layers.size();
    const bool has_kept = is_last || attention_.groups_of(n_rows_) > 1;
    if (has_kept)
        pool_.each(shape.n_head_kv, [&](std::size_t head, std::size_t) { keep(index, head); });
    if (is_last) drop_silent_rows(rows);
    if (n_rows_ == 0) return;
    attend(index, has_kept);
    feed_forward(layer);
}

void Decoder::attend(std::size_t index, bool has_kept) {
    const Shape& shape = weights_.shape;
    const std::span<const Linear> output(&weights_.layers[index].attn_output, 1);
    const Attention::Call call{index, std::span(places_).first(n_rows_), qkv_.data(),
                               shape.q_width() + 2 * shape.kv_width(), mixed_.data()};
    pool_.each(shape.n_head_kv * attention_.groups_of(n_rows_),
               [&](std::size_t item, std::size_t thread) {
                   if (!has_kept) keep(index, item);
                   attention_.attend(call, item, thread);
               });
    begin(inputs_, shape.q_width(), output);
    each_row([&](std::size_t i, std::size_t) {
        inputs_.set(kernels_, i, mixed_.data() + i * shape.q_width());
    });
    multiply(output, inputs_, {mixed_.data(), shape.n_embd, After::add_to_stream});
}

void Decoder::feed_forward(const Layer& layer) {
    const Shape& shape = weights_.shape;
    const bool is_gated = layer.up.size() == 2;
    const std::size_t width = layer.up.size() * shape.n_ff;
    const std::span<const Linear> down(&layer.down, 1);
    prepare_normed(layer.ffn_norm, layer.up);
    begin(activated_, shape.n_ff, down);
    multiply(layer.up, inputs_, {hidden_.data(), width, is_gated ? After::nothing : After::gelu});
    if (is_gated) {
        each_row([&](std::size_t i, std::size_t) {
            float* const row = hidden_.data() + i * width;
            kernels_.swiglu(row, row + shape.n_ff, shape.n_ff);
            activated_.set(kernels_, i, row);
        });
    }
    multiply(down, activated_, {mixed_.data(), shape.n_embd, After::add_to_stream});
}

// Where a row's keys and values of a head lie.
std::byte* Decoder::head_of(const RowPlace& place, std::size_t layer, std::size_t head) {
    return pages_.memory(place.walk->pages[place.position / page_tokens]) +
           pages_.shape().keys_at(layer, head);
}

// Keys and values of a head go to the pages of their rows. Their lines are asked for first, and
// those of the next head.
void Decoder::keep(std::size_t index, std::size_t head) {
    const Shape& shape = weights_.shape;
    const PageShape& pages = pages_.shape();
    const std::size_t width = shape.kv_width();
    for (std::size_t ahead = head; ahead < std::min(head + 2, shape.n_head_kv); ++ahead) {
        for (std::size_t i = 0; i < std::min(n_rows_, most_fetched_rows); ++i) {
            const RowPlace& place = places_[i];
            fetch_for_writing(head_of(place, index, ahead), place.position % page_tokens, pages);
        }
    }
    for (std::size_t i = 0; i < n_rows_; ++i) {
        const RowPlace& place = places_[i];
        const std::size_t slot = place.position % page_tokens;
        std::byte* const there = head_of(place, index, head);
        const float* const keys = qkv_.data() + i * (shape.q_width() + 2 * width) +
                                  shape.q_width() + head * shape.head_dim;
        if (pages.number_bytes == 4) {
            scatter(keys, keys + width, slot, pages, there);
            continue;
        }
        std::uint16_t* const halves = halves_.data() + head * 2 * shape.head_dim;
        kernels_.to_halves(keys, shape.head_dim, halves);
        kernels_.to_halves(keys + width, shape.head_dim, halves + shape.head_dim);
        scatter(halves, halves + shape.head_dim, slot, pages, there);
    }
}

// Cosine and sine of each pair of each row.
void Decoder::find_angles() {
    const Shape& shape = weights_.shape;
    const std::size_t n_pairs = shape.rope_dims / 2;
    for (std::size_t i = 0; i < n_rows_; ++i) {
        float* const angles = angles_.data() + i * shape.rope_dims;
        for (std::size_t pair = 0; pair < n_pairs; ++pair) {
            const double exponent =
                -2.0 * static_cast<double>(pair) / static_cast<double>(shape.rope_dims);
            double angle = static_cast<double>(places_[i].position) / shape.rope_scale *
                           std::pow(static_cast<double>(shape.rope_base), exponent);
            if (weights_.rope_factors.is_there()) angle /= weights_.rope_factors.numbers[pair];
            angles[2 * pair] = static_cast<float>(std::cos(angle));
            angles[2 * pair + 1] = static_cast<float>(std::sin(angle));
        }
    }
}

// Queries and keys lie one behind the other, head by head.
void Decoder::rotate() {
    const Shape& shape = weights_.shape;
    const std::size_t stride = shape.q_width() + 2 * shape.kv_width();
    each_row([&](std::size_t i, std::size_t) {
        const float* const angles = angles_.data() + i * shape.rope_dims;
        for (std::size_t head = 0; head < shape.n_head + shape.n_head_kv; ++head) {
            float* const x = qkv_.data() + i * stride + head * shape.head_dim;
            for (std::size_t d = 0; d < shape.rope_dims; d += 2) {
                const float first = x[d];
                const float second = x[d + 1];
                x[d] = first * angles[d] - second * angles[d + 1];
                x[d + 1] = first * angles[d + 1] + second * angles[d];
            }
        }
    });
}

// What the last layer makes of rows whose logits nobody wants is not wanted either.
void Decoder::drop_silent_rows(std::span<const Row> rows) {
    const Shape& shape = weights_.shape;
    const std::size_t width = shape.q_width() + 2 * shape.kv_width();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].is_silent()) continue;
        if (kept != i) {
            places_[kept] = places_[i];
            std::copy_n(stream_.data() + i * shape.n_embd, shape.n_embd,
                        stream_.data() + kept * shape.n_embd);
            std::copy_n(qkv_.data() + i * width, width, qkv_.data() + kept * width);
        }
        ++kept;
    }
    n_rows_ = kept;
}

// Behind the last layer only rows are left that are not silent.
void Decoder::write_states(std::span<const Row> rows) {
    std::vector<float*> wanted;
    for (const Row& row : rows) {
        if (!row.is_silent()) wanted.push_back(row.state);
    }
    each_row([&](std::size_t i, std::size_t) {
        if (wanted[i] != nullptr) normalise(weights_.output_norm, i, wanted[i]);
    });
}

void Decoder::write_logits(std::span<const Row> rows) {
    const std::size_t n_vocab = weights_.shape.n_vocab;
    std::vector<float*> wanted;
    for (const Row& row : rows) {
        if (row.logits != nullptr) wanted.push_back(row.logits);
    }
    if (wanted.empty()) return;
    assert(wanted.size() == n_rows_);  // a step gives all branches the same
    bool is_in_order = true;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        is_in_order = is_in_order && wanted[i] == wanted.front() + i * n_vocab;
    if (!is_in_order) logits_.resize(wanted.size() * n_vocab);
    float* const out = is_in_order ? wanted.front() : logits_.data();
    const std::span<const Linear> head(&head_, 1);
    prepare_normed(weights_.output_norm, head);
    multiply(head, inputs_, {out, n_vocab});
    if (is_in_order) return;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        std::copy_n(out + i * n_vocab, n_vocab, wanted[i]);
}

void Decoder::begin(Rows& rows, std::size_t n_in, std::span<const Linear> readers) const {
    Forms forms;
    for (const Linear& reader : readers)
        (is_integer(reader.weight.format) ? forms.codes : forms.values) = true;
    rows.begin(n_rows_, n_in, forms);
}

void Decoder::prepare_normed(const Norm& norm, std::span<const Linear> readers) {
    const std::size_t n_embd = weights_.shape.n_embd;
    begin(inputs_, n_embd, readers);
    each_row([&](std::size_t i, std::size_t thread) {
        float* const normed = normed_.data() + thread * n_embd;
        normalise(norm, i, normed);
        inputs_.set(kernels_, i, normed);
    });
}

// Row `i` of the stream.
void Decoder::normalise(const Norm& norm, std::size_t i, float* normed) const {
    const Shape& shape = weights_.shape;
    const auto kernel = shape.family == Family::llama ? kernels_.rms_norm : kernels_.layer_norm;
    const Affine affine{norm.gain.data(), norm.bias.data()};
    kernel(stream_.data() + i * shape.n_embd, shape.n_embd, shape.epsilon, affine, normed);
}

// The products of the inputs with several matrices, side by side in the rows of the target. A
// thread takes an even number of tiles: whole blocks of 32 columns.
void Decoder::multiply(std::span<const Linear> linears, const Rows& inputs, const Target& target) {
    std::size_t n_tiles = 0;
    for (const Linear& linear : linears)
        n_tiles += linear.weight.n_tiles();
    const std::size_t step = 2 * std::clamp(n_tiles / (2 * pool_.size() * chunks_a_thread),
                                            std::size_t{1}, most_chunk_tiles / 2);
    std::size_t n_chunks = 0;
    for (const Linear& linear : linears)
        n_chunks += (linear.weight.n_tiles() + step - 1) / step;
    const Activations rows = inputs.activations();
    pool_.each(n_chunks, [&](std::size_t chunk, std::size_t) {
        Target place = target;
        for (const Linear& linear : linears) {
            const Matrix& matrix = linear.weight;
            const std::size_t own_chunks = (matrix.n_tiles() + step - 1) / step;
            if (chunk < own_chunks) {
                const TileRange range{matrix.tiles, matrix.tile_bytes, matrix.n_out, chunk * step,
                                      std::min(matrix.n_tiles(), (chunk + 1) * step)};
                kernels_.multiply[static_cast<std::size_t>(matrix.format)](
                    range, rows, {place.out, place.stride});
                finish(linear, range, place);
                return;
            }
            chunk -= own_chunks;
            place.out += matrix.n_out;
        }
    });
}

// What follows a product, for the columns of the range.
void Decoder::finish(const Linear& linear, const TileRange& range, const Target& target) {
    const std::size_t first = range.first * tile_rows;
    const std::size_t n = std::min(range.n_out, range.end * tile_rows) - first;
    for (std::size_t row = 0; row < n_rows_; ++row) {
        float* const out = target.out + row * target.stride + first;
        if (linear.bias.is_there()) kernels_.add(out, linear.bias.data() + first, n);
        if (target.after == After::gelu) {
            kernels_.gelu(out, n);
            activated_.set_part(kernels_, {row, first, n}, out);
        }
        if (target.after == After::add_to_stream)
            kernels_.add(stream_.data() + row * weights_.shape.n_embd + first, out, n);
    }
}

}  // namespace fabula::model::cpu
