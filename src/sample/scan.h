// SPDX-License-Identifier: 0BSD
// Loops over a whole row that are not slowed down by the one thing they wait for: several entries
// are looked at before anything is decided about them.
#pragma once

#include <cstddef>

namespace fabula::sample {

/// Calls take(i) for each i in [0, n), ascending, for which is_wanted(i) holds. Meant for few:
/// eight entries without a wanted one cost no branch but theirs. `take` must not change what
/// is_wanted sees.
template <typename IsWanted, typename Take>
void take_where(std::size_t n, IsWanted&& is_wanted, Take&& take) {
    constexpr std::size_t block = 8;
    std::size_t i = 0;
    for (; i + block <= n; i += block) {
        bool any = false;
        for (std::size_t lane = 0; lane < block; ++lane)
            any |= is_wanted(i + lane);
        if (!any) continue;
        for (std::size_t lane = 0; lane < block; ++lane) {
            if (is_wanted(i + lane)) take(i + lane);
        }
    }
    for (; i < n; ++i) {
        if (is_wanted(i)) take(i);
    }
}

}  // namespace fabula::sample
