// SPDX-License-Identifier: 0BSD
#include "model/remote/spending.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace fabula::model {
namespace {

using Json = nlohmann::ordered_json;

double amount(const Json& line, const char* name) {
    const auto found = line.find(name);
    if (found == line.end() || !found->is_number()) return 0;
    return std::clamp(found->get<double>(), 0.0, 1e15);
}

}  // namespace

std::string usage_as_json(const UsageLine& line) {
    const Json json{{"time", line.time},
                    {"host", line.host},
                    {"model", line.model},
                    {"prompt_tokens", line.prompt_tokens},
                    {"completion_tokens", line.completion_tokens},
                    {"counted_here", line.is_counted_here},
                    {"money", line.money},
                    {"currency", line.currency},
                    {"first_text_seconds", line.first_text_seconds},
                    {"seconds", line.seconds}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Spent spent_in(std::string_view lines) {
    Spent spent;
    while (!lines.empty()) {
        const auto end = std::min(lines.find('\n'), lines.size());
        const Json line = Json::parse(lines.substr(0, end), nullptr, false);
        lines.remove_prefix(std::min(end + 1, lines.size()));
        if (!line.is_object()) continue;
        spent.tokens += static_cast<std::uint64_t>(amount(line, "prompt_tokens") +
                                                   amount(line, "completion_tokens"));
        spent.money += amount(line, "money");
    }
    return spent;
}

}  // namespace fabula::model
