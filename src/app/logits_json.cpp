// SPDX-License-Identifier: 0BSD
#include "app/logits_command.h"

#include <nlohmann/json.hpp>

namespace fabula::app {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::string logits_as_json(const LogitsReport& report) {
    return Json{{"model", report.model},
                {"backend", report.backend},
                {"arithmetic", report.arithmetic},
                {"n_tokens", report.n_tokens},
                {"n_vocab", report.n_vocab},
                {"n_calls", report.n_calls},
                {"computed_tokens", report.computed_tokens}}
               .dump(-1, ' ', false, Json::error_handler_t::replace) +
           "\n";
}

std::string tokens_as_json(std::span<const TokenId> tokens) {
    Json list = Json::array();
    for (const TokenId token : tokens)
        list.push_back(token);
    return Json{{"tokens", list}}.dump() + "\n";
}

}  // namespace fabula::app
