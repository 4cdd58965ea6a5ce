// SPDX-License-Identifier: 0BSD
// The socket that a server listens on.
#pragma once

#include "base/result.h"
#include "serve/file_descriptor.h"

#include <string>

namespace fabula::serve {

struct Listener {
    FileDescriptor socket;  // non-blocking
    int port = 0;
};

/// Listens on the first address of `host` (a name, an IPv4 or IPv6 address) that can be listened
/// on; `port` 0 takes a free one. The error says what to do: another port, another host.
Result<Listener> listen_on(const std::string& host, int port);

}  // namespace fabula::serve
