// SPDX-License-Identifier: 0BSD
// A Generator over a model that runs elsewhere and is asked over HTTP.
//
// What it cannot do as a local one does (docs/decisions/0013-remote-candidates-are-text.md): no
// logits, so `reach` is unavailable; prompts are measured by an estimate; the same seed need not
// give the same words. Stop strings and the end of the sentence behind the budget are applied here.
#pragma once

#include "base/result.h"
#include "model/generator.h"
#include "model/remote/answer.h"
#include "model/remote/endpoint.h"
#include "model/remote/key.h"
#include "model/remote/prices.h"
#include "model/remote/spending.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace fabula::model {

struct RemoteOptions {
    RemoteApi api = RemoteApi::openai;
    std::string model;                // "": the one that the server has
    std::vector<Endpoint> endpoints;  // at least one
    KeySources keys;
    bool is_stream = true;
    std::size_t window_tokens = 0;  // 0: what the server says, else 4096
    /// For a whole answer, with all attempts at it and the waits between them.
    std::chrono::milliseconds timeout{300'000};
    std::chrono::milliseconds idle_timeout{60'000};  // without a byte
    std::size_t most_attempts = 6;
    std::size_t most_parallel = 16;  // requests at a time
    Prices prices;
    Budget budget;
    std::string usage_folder;  // as of Spending
    /// What a person should know, once each: settings that a server does not know, attempts that
    /// failed. One line, without keys.
    std::function<void(const std::string&)> on_notice;
    std::function<double()> now;  // seconds since 1970
};

/// Asks each server whether it is there. Errors: invalid_input and not_found (keys, endpoints, a
/// budget of money without a price for the model), unavailable (none of them answers).
Result<std::unique_ptr<Generator>> make_remote(RemoteOptions options, const std::stop_token& stop);

}  // namespace fabula::model
