// SPDX-License-Identifier: 0BSD
#include "app/import_report.h"

#include "app/terminal.h"

#include <fmt/format.h>

#include <algorithm>

namespace fabula::app {
namespace {

constexpr std::size_t most_shown = 3;  // of a kind

std::string place_of(const exchange::Skipped& skipped) {
    const std::string line = fmt::format("line {}", skipped.line);
    return skipped.place.empty() ? line : line + ", " + skipped.place;
}

std::string skipped_as_text(const exchange::ImportReport& report, const std::string& kind,
                            std::size_t n) {
    std::string text = fmt::format("  {}: {}\n", kind, n);
    std::size_t n_shown = 0;
    for (const auto& each : report.first_skipped) {
        if (each.kind != kind || n_shown == most_shown) continue;
        ++n_shown;
        text += "    " + printable_line(place_of(each) + ": " + each.reason) + "\n";
    }
    if (n_shown < n && n_shown > 0) text += fmt::format("    and {} more\n", n - n_shown);
    return text;
}

}  // namespace

std::string import_as_text(const exchange::ImportReport& report, bool is_dry) {
    std::string text = is_dry ? "nothing is written (--dry-run); what would be added:\n" : "";
    const auto row = [&](const char* name, std::size_t n, const char* what) {
        text += fmt::format("{:<9} {:>9}{}{}\n", name, n, *what == '\0' ? "" : "  ", what);
    };
    row("stories", report.stories, "");
    row("offers", report.offers, "");
    row("choices", report.choices, "");
    if (report.edited > 0) row("edited", report.edited, "passages that a person changed or wrote");
    if (report.unmatched > 0)
        row("unmatched", report.unmatched,
            "inputs that do not continue their story: kept as they are");
    row("skipped", report.skipped, "");
    for (const auto& [kind, n] : report.skipped_by_kind)
        text += skipped_as_text(report, kind, n);
    if (report.was_stopped)
        text += "stopped: what is counted here is kept; run it again for the rest\n";
    return text;
}

}  // namespace fabula::app
