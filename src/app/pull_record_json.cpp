// SPDX-License-Identifier: 0BSD
#include "app/pull_command.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace fabula::app {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& line, const char* name) {
    const auto found = line.find(name);
    return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

std::string to_json_line(const PulledRecord& record) {
    const Json json{{"name", record.name},
                    {"hub", record.hub},
                    {"commit", record.commit},
                    {"paths", record.paths}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<PulledRecord> find_pulled(std::string_view lines, std::string_view name,
                                        std::string_view hub) {
    std::optional<PulledRecord> last;
    while (!lines.empty()) {
        const auto end = std::min(lines.find('\n'), lines.size());
        const Json line = Json::parse(lines.substr(0, end), nullptr, false);
        lines.remove_prefix(std::min(end + 1, lines.size()));
        if (!line.is_object() || text_of(line, "name") != name || text_of(line, "hub") != hub)
            continue;
        PulledRecord record{std::string(name), std::string(hub), text_of(line, "commit"), {}};
        const auto paths = line.find("paths");
        if (paths == line.end() || !paths->is_array()) continue;
        for (const auto& path : *paths) {
            if (path.is_string()) record.paths.push_back(path.get<std::string>());
        }
        last = std::move(record);
    }
    return last;
}

}  // namespace fabula::app
