// SPDX-License-Identifier: 0BSD
// Randomness as a value. A stream is named by a seed and the path of indices that leads to its use
// (passages from the root, offer, candidate), never by time, thread or row id, so that any
// candidate can be drawn again alone, in any order, on any number of threads. Numbers are
// addressed, not consumed: number (position, attempt) of a stream is the same whichever numbers
// were asked before.
#pragma once

#include <cstdint>
#include <span>

namespace fabula {

/// A stream of uniform numbers. A plain value; copying it copies nothing but its name.
///
/// Source: Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011: Philox4x32-10.
/// Ours derives the 64-bit key by absorbing the path, one index a block.
class Rng {
public:
    explicit Rng(std::uint64_t seed);

    /// The stream named by this stream's name and one index more.
    Rng child(std::uint64_t index) const;

    /// Number (position, attempt) of this stream: uniform in [0, 1), 53 bits.
    double uniform(std::uint64_t position, std::uint32_t attempt = 0) const;

    /// The name in one number: equal for equal paths, for logs and records. Rng(name) is the stream
    /// of that name again.
    std::uint64_t name() const { return key_; }

private:
    Rng(std::uint64_t key, int) : key_(key) {}

    std::uint64_t key_;
};

/// The stream at `path` below `seed`: Rng(seed).child(path[0]).child(path[1])...
Rng rng_at(std::uint64_t seed, std::span<const std::uint64_t> path);

/// The raw block of Philox4x32-10, exposed so that it can be held against the published vectors.
void philox_4x32_10(const std::uint32_t (&counter)[4], const std::uint32_t (&key)[2],
                    std::uint32_t (&out)[4]);

}  // namespace fabula
