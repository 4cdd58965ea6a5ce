// SPDX-License-Identifier: 0BSD
// A client's connection. Owned by the front while it waits for the client, by a worker while a
// request of it is answered; never by both.
#pragma once

#include "serve/file_descriptor.h"

#include <chrono>
#include <cstddef>
#include <string>

namespace fabula::serve {

using SteadyTime = std::chrono::steady_clock::time_point;

enum class Phase {
    idle,       // nothing of a request has come
    receiving,  // some of it has
    sending,    // an answer is taken slowly
    draining    // closed for writing; what still comes is thrown away
};

struct Connection {
    FileDescriptor socket;   // non-blocking
    std::string remote;      // the address, without the port
    std::string in;          // arrived, not yet consumed
    std::string out;         // to be sent
    std::size_t n_sent = 0;  // of `out`
    Phase phase = Phase::idle;
    SteadyTime deadline;           // of the phase
    SteadyTime began;              // the first byte of the request
    bool keeps_connection = true;  // when `out` is sent
    bool has_ended = false;        // the client sends no more
    std::size_t n_requests = 0;
};

}  // namespace fabula::serve
