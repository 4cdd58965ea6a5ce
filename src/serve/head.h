// SPDX-License-Identifier: 0BSD
// Whether a request can be handed to a worker: its head has arrived and is within bounds, and so
// has a small body. Says nothing about what the request means; the exchange reads it anew. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace fabula::serve {

struct HeadLimits {
    std::size_t most_bytes = 16384;      // of the request line and all headers
    std::size_t most_line_bytes = 8190;  // of one line, without its end
    std::size_t most_lines = 100;
};

/// Bodies up to this length, in bytes, are waited for before a worker has the request.
constexpr std::size_t small_body_bytes = 65536;

enum class HeadState {
    waits,      // more bytes must come
    ready,      // the head is whole, and its body too where that is small and its length told
    too_large,  // over a limit
    malformed   // a NUL, a CR or LF that is not of a CRLF, a line that begins with a space, a
                // request line that is not three words with one space between them or has a '#'
};

/// Looks at all bytes of a request that arrived so far.
HeadState state_of_head(std::string_view bytes, const HeadLimits& limits);

}  // namespace fabula::serve
