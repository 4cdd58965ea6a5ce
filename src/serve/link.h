// SPDX-License-Identifier: 0BSD
// The bytes from and to one client, as an exchange sees them: a socket behind it, or memory.
#pragma once

#include <cstddef>
#include <string_view>

namespace fabula::serve {

class Link {
public:
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    virtual ~Link() = default;

    /// What arrived and was not consumed; valid until consume() or fill().
    virtual std::string_view buffered() const = 0;
    /// Requires n <= buffered().size().
    virtual void consume(std::size_t n) = 0;

    enum class Filled { more, ended, late, refused };
    /// Waits for more bytes. `late`: the request's time is over; `refused`: too many others wait.
    virtual Filled fill() = 0;

    /// Sends at once when streaming, else keeps the bytes for later. `false`: the client is gone,
    /// too slow, or the server ends.
    virtual bool write(std::string_view bytes) = 0;
    /// From here on what is written is sent, beginning with what was kept.
    virtual bool begin_streaming() = 0;
    /// Whether the client is there and the server goes on.
    virtual bool is_open() = 0;

protected:
    Link() = default;
};

}  // namespace fabula::serve
