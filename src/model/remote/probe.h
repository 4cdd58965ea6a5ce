// SPDX-License-Identifier: 0BSD
// What a server says of itself when it is asked whether it is there: who it is, which models it
// has, how long a prompt may be.
#pragma once

#include "model/remote/answer.h"
#include "model/remote/dialect.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::model {

struct ServerFacts {
    std::string owner;                // "llamacpp", "vllm", ...; "" where it does not say
    std::vector<std::string> models;  // at most 10,000
    std::size_t window_tokens = 0;    // of the model asked for; 0 where it does not say
    bool has_chat = false;            // it has a chat template for the model (Ollama)
};

/// How a server is asked: a path behind its address, and a body where it is a POST.
struct ProbeRequest {
    std::string path;
    std::string body;
};
ProbeRequest probe_of(RemoteApi api, const std::string& model);

/// What an answer of that probe says; what is not understood says nothing.
ServerFacts facts_in(RemoteApi api, std::string_view body, const std::string& model);

/// The window of a llama-server, from its /props; 0 where it does not say.
std::size_t window_in_props(std::string_view body);

}  // namespace fabula::model
