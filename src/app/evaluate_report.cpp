// SPDX-License-Identifier: 0BSD
#include "app/evaluate_report.h"

#include <fmt/format.h>

namespace fabula::app {
namespace {

std::string interval_of(const evaluate::MeanInterval& share) {
    if (!share.low) return "-";
    return fmt::format("{:.3f} to {:.3f}", *share.low, *share.high);
}

std::string heading_of(const PolicyRow& row) {
    std::string line = fmt::format(
        "reader {}: utility {:.3f} by chance, {:.3f} at best; share of what lies between\n",
        row.reader, row.scale.random, row.scale.oracle);
    line += fmt::format("  {:<10}", "stories");
    for (const auto& point : row.curve)
        line += fmt::format("{:>8}", point.stories);
    return line + fmt::format("  {:<18}{:>5}\n", "95 % of the last", "seeds");
}

std::string held_out_of(const PolicyRow& row) {
    std::string text;
    for (const auto& each : row.held_out)
        text += fmt::format(
            "    held out, {:<10} ln P(pick) {:.4f}, behind the best {:.4f} +- {:.4f}, taken in {} "
            "of {} seeds\n",
            name_of(each.mean.policy), each.mean.log_likelihood, each.mean.behind, each.mean.noise,
            each.taken, row.seeds);
    return text;
}

std::string line_of(const char* name, const evaluate::EstimatorRecord& record, double truth) {
    if (record.seeds == 0) return fmt::format("    {:<16} no figure\n", name);
    return fmt::format(
        "    {:<16} {:.4f} ({:+.1f} %, worst seed {:.1f} %), within 10 % in {} of {}, 90 % "
        "interval "
        "covers in {} of {}\n",
        name, record.mean, 100 * (record.mean / truth - 1), 100 * record.largest_relative_error,
        record.within_tenth, record.seeds, record.covering, record.seeds);
}

}  // namespace

std::string as_text(const std::vector<PolicyRow>& rows) {
    std::string text;
    std::string reader;
    for (const auto& row : rows) {
        if (row.reader != reader) text += (reader.empty() ? "" : "\n") + heading_of(row);
        reader = row.reader;
        text += fmt::format("  {:<10}", row.policy);
        for (const auto& point : row.curve)
            text += fmt::format("{:>8.3f}", point.share.mean);
        text += fmt::format("  {:<18}{:>5}\n", interval_of(row.last().share), row.seeds);
        text += held_out_of(row);
    }
    return text;
}

std::string as_text(const std::vector<OffPolicyRow>& rows) {
    std::string text;
    for (const auto& row : rows) {
        const auto& record = row.record;
        text += fmt::format(
            "reader {}, target {}: normal about temperature {:.2f}, top_k {}, typical_p {:.2f}, "
            "deviations {:.2f}, {:.2f} of ln top_k, {:.2f}\n",
            row.reader, row.target, row.centre.temperature, row.centre.top_k, row.centre.typical_p,
            row.widths[0], row.widths[1], row.widths[2]);
        text += fmt::format(
            "    {:<16} {:.4f} +- {:.4f}; the log of {} stories is worth {:.0f} candidates, {:.0f} "
            "stories of it\n",
            "truth", record.truth.value, record.truth.standard_error, row.stories, record.effective,
            record.effective_stories);
        text += line_of("self-normalised", record.self_normalised, record.truth.value);
        text += line_of("doubly robust", record.doubly_robust, record.truth.value);
        if (!record.why_none.empty()) text += "    " + record.why_none + "\n";
    }
    return text;
}

}  // namespace fabula::app
