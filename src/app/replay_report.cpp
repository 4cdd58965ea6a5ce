// SPDX-License-Identifier: 0BSD
#include "app/replay_report.h"

#include "app/terminal.h"

#include <fmt/format.h>

namespace fabula::app {
namespace {

// People count candidates from 1, as in `fabula story offers`, and tokens too.
std::string line_of(const engine::Difference& found) {
    const auto place = fmt::format("  step {}, candidate {} (offer {}), ", found.step,
                                   found.index + 1, static_cast<std::int64_t>(found.offer));
    if (found.what == "record")
        return place + "cannot be what the model wrote: " + printable_line(found.drawn) + '\n';
    const bool is_of_token = found.what != "length" && found.what != "ending" &&
                             found.what != "text" && found.what != "draws";
    const auto where = is_of_token ? fmt::format("token {}: ", found.position + 1)
                                   : fmt::format("after {} equal tokens: ", found.position);
    return place + where +
           fmt::format("{} was {} and is {} now\n", found.what == "token" ? "its id" : found.what,
                       printable_line(found.kept), printable_line(found.drawn));
}

std::string lines_of(const char* what, const std::vector<engine::LeftOut>& left_out) {
    std::string text;
    for (const auto& each : left_out)
        text += fmt::format("{:>6} {}: {}\n", each.n_candidates, what, printable_line(each.reason));
    return text;
}

}  // namespace

std::string replay_as_text(store::StoryId story, const engine::Replayed& replayed) {
    std::string text = fmt::format("story {}, {} candidates{}\n", static_cast<std::int64_t>(story),
                                   replayed.candidates,
                                   replayed.was_stopped ? "; stopped before all were drawn" : "");
    text += fmt::format("{:>6} the same again, bit for bit\n", replayed.equal);
    if (!replayed.differing.empty())
        text += fmt::format("{:>6} differ\n", replayed.differing.size());
    for (const auto& found : replayed.differing)
        text += line_of(found);
    return text + lines_of("not promised", replayed.not_promised) +
           lines_of("not compared", replayed.other);
}

}  // namespace fabula::app
