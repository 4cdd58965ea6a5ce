// SPDX-License-Identifier: 0BSD
// The loops over a whole row, in three forms of the same source (over_floats.h, over_weights.h), of
// which the widest that the processor has is chosen at run time. Every form gives the same bits.
#pragma once

#include "base/token.h"

#include <cstddef>
#include <cstdint>
#include <limits>

namespace fabula::sample {

constexpr float infinite = std::numeric_limits<float>::infinity();

/// low <= x <= high; the default holds nothing.
struct Band {
    float low = infinite;
    float high = -infinite;
};

struct Extremes {
    float top = -infinite;   // the largest, NaN left out
    float low = infinite;    // the smallest, NaN and -inf left out
    bool is_broken = false;  // whether there is a NaN or +inf
};

/// How a number x of a row is seen: as the logit x * scale, with the weight e^(x * scale - top).
struct Frame {
    double scale = 1;
    double top = 0;  // no logit is larger
};

/// Buckets of a histogram: the distance of a logit from the top, times `per_nat`, rounded down.
struct Buckets {
    static constexpr std::size_t n = 1024;
    static constexpr std::size_t lanes = 4;  // sums of one bucket, so that additions overlap

    double* sums = nullptr;  // [n][lanes], or null where nobody counts
    double per_nat = 0;
};

/// The sum of the weights, and that of the weights times x * scale - top.
struct Mass {
    double sum = 0;
    double moment = 0;  // <= 0

    /// ln of the sum of e^x, less top.
    double log_sum() const;
    /// Of the softmax of the row, in nats.
    double entropy() const;
};

/// Of the logits in play, seen from `Frame::top`: how many, the sum of their distances, and that of
/// the squares.
struct Moments {
    double n = 0;
    double sum = 0;
    double squares = 0;
};

enum class Compare { above, equal };

/// Sums of weights are made of blocks of this many entries.
constexpr std::size_t block_size = 4096;
/// How many entries have one maximum in Kernels::maxima.
constexpr std::size_t maximum_block = 32;
/// Entries beyond the end that Kernels::pack may write over.
constexpr std::size_t pack_room = 8;

/// What each does is said in passes.h, exponential.h and histogram.h.
struct RowKernels {
    const char* name;
    Mass (*weigh_floats)(const float* row, std::size_t n, Frame frame, double* weights,
                         Buckets buckets);
    Mass (*weigh_doubles)(const double* row, std::size_t n, Frame frame, double* weights,
                          Buckets buckets);
    void (*count_buckets)(const float* row, std::size_t n, Frame frame, Buckets buckets);
    Mass (*model_mass)(const float* row, std::size_t n, float top);
    double (*rough_mass_below)(const float* row, std::size_t n, float scale, float top,
                               float bound);
    Moments (*moments)(const float* row, std::size_t n, Frame frame);
    Extremes (*extremes)(const float* row, std::size_t n, const Band* left_out);
    std::size_t (*count)(const float* row, std::size_t n, Compare compare, float with);
    void (*replace)(float* row, std::size_t n, float from, float to);
    void (*maxima)(const float* row, std::size_t n_maxima, float* maxima);
    std::size_t (*pack)(const float* row, std::size_t n, const TokenId* ids, Band band, float* to,
                        TokenId* to_ids);
    std::size_t (*find_outside)(const float* row, std::size_t n, Band band, std::uint32_t* to);
    std::size_t (*find_nan)(const float* row, std::size_t n, std::uint32_t* to);
};

/// Those in use: the widest that this processor runs, or what a test has asked for.
const RowKernels& row_kernels();
/// "avx512", "avx2" or "portable"; null where this processor does not run it.
const RowKernels* row_kernels_named(const char* name);
/// For tests: from now on these.
void use_row_kernels(const RowKernels& kernels);

// Defined where the build has them.
const RowKernels& portable_row_kernels();
const RowKernels& avx2_row_kernels();
const RowKernels& avx512_row_kernels();

}  // namespace fabula::sample
