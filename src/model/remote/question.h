// SPDX-License-Identifier: 0BSD
// What is asked of a server: the path and the body of a request, by API and dialect.
#pragma once

#include "model/generator.h"
#include "model/remote/answer.h"
#include "model/remote/dialect.h"
#include "sample/settings.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace fabula::model {

/// What stands in every request to one server.
struct Addressee {
    RemoteApi api = RemoteApi::openai;
    Dialect dialect = Dialect::plain;
    std::string model;              // "" leaves it to the server
    std::size_t window_tokens = 0;  // told to Ollama, which would cut the prompt in silence
    bool is_stream = true;
    /// Whether the end of a chat may be the beginning of the answer, to be gone on with. Where it
    /// may not, the story so far is shown in the question.
    bool goes_on = false;
    std::set<std::string> unknown;  // names that the server refused
};

struct Question {
    std::string text;  // the prompt, or what the answer begins with in a chat
    bool is_chat = false;
    std::string system;
    std::string instruction;
    sample::Settings settings;
    int max_tokens = 0;
    std::size_t n = 1;
    std::uint64_t seed = 0;
};

/// A request as it is sent.
struct Asked {
    std::string path;  // behind the address of the server, "/completions"
    std::string body;  // JSON
    /// Names in the body that not every server knows; one that is refused can be left out.
    std::vector<std::string> optional_names;
    std::vector<std::string> left_out;  // as SentSettings::left_out
};

/// Never fails: what is asked is UTF-8.
Asked asked_of(const Addressee& addressee, const Question& question);

}  // namespace fabula::model
