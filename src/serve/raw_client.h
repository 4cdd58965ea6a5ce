// SPDX-License-Identifier: 0BSD
// A client for tests that sends the bytes it is told to, as no library would.
#pragma once

#include "serve/file_descriptor.h"

#include <string>
#include <string_view>

namespace fabula::serve {

class RawClient {
public:
    /// Connects to 127.0.0.1; is_open() says whether it did.
    explicit RawClient(int port);

    bool is_open() const { return socket_.is_open(); }
    /// Whether all bytes went out.
    bool send(std::string_view bytes);
    /// Sends `bytes` over and over, one each 20 ms, until something comes back or 10 s are over.
    void drip(std::string_view bytes);
    /// One answer: its head and as many bytes as it tells (chunks are kept as they come); "" when
    /// the connection ended before one began. Waits at most 20 s.
    std::string answer();
    /// Everything until the server closes; ends with "<open>" when it did not within 20 s.
    std::string rest();
    /// Reads until `text` has come; what came is returned either way.
    std::string until(std::string_view text);

private:
    bool read_more();

    FileDescriptor socket_;
    std::string in_;
};

/// "HTTP/1.1 404 Not Found..." is 404; 0 for what is no answer.
int status_of(std::string_view answer);
/// The value of the first header of the name, in any case; "" where it is not there.
std::string header_of(std::string_view answer, std::string_view name);
std::string body_of(std::string_view answer);

}  // namespace fabula::serve
