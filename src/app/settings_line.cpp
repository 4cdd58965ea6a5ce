// SPDX-License-Identifier: 0BSD
#include "app/settings_line.h"

#include <fmt/format.h>

namespace fabula::app {

std::string settings_line(const sample::Settings& settings) {
    std::string line;
    for (const auto& field : sample::fields()) {
        const double value = field.of(settings);
        const std::string_view name = field.name;
        if (name == "max_new_tokens") continue;
        if (value == field.standard && name != "temperature") continue;
        if (!line.empty()) line += "  ";
        line += field.is_whole ? fmt::format("{} {:.0f}", name, value)
                               : fmt::format("{} {:.2f}", name, value);
    }
    return line;
}

}  // namespace fabula::app
