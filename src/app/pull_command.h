// SPDX-License-Identifier: 0BSD
// `fabula model pull`: models from a hub, or from an address.
#pragma once

#include "app/commands.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::app {

/// Adds the command to `fabula model`.
void add_pull(CLI::App& app, Run& run);

/// What was pulled, for those who ask again without a network: a line of JSON in pulled.jsonl in
/// the models folder.
struct PulledRecord {
    std::string name;  // as it was asked for
    std::string hub;   // "" for an address
    std::string commit;
    std::vector<std::string> paths;
};

std::string to_json_line(const PulledRecord& record);
/// The last line that was asked for so. Lines that are none are passed over.
std::optional<PulledRecord> find_pulled(std::string_view lines, std::string_view name,
                                        std::string_view hub);

}  // namespace fabula::app
