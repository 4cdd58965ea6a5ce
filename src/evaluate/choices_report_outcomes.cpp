// SPDX-License-Identifier: 0BSD
#include "evaluate/choices_report_parts.h"
#include "evaluate/markup.h"

#include <fmt/format.h>

namespace fabula::evaluate {
namespace {

std::vector<std::string> share_cells(const std::string& name, std::size_t n, std::size_t of) {
    if (of == 0) return {name, "0", "", ""};
    const auto [low, high] = preference::wilson_interval(n, of);
    const auto share = static_cast<double>(n) / static_cast<double>(of);
    return {name, grouped(n), percent(share), percent(low) + " to " + percent(high)};
}

std::string reasons(const ChoicesReport& report) {
    std::size_t n_named = 0;
    for (const auto& reason : report.reasons) {
        if (reason.name != "none") n_named += reason.n;
    }
    if (n_named == 0) return "<p class=\"quiet\">No reason was named.</p>\n";
    std::vector<std::vector<std::string>> rows;
    for (const auto& reason : report.reasons)
        rows.push_back(share_cells(reason.name, reason.n, report.n_person_decisions));
    return table({"reason", "decisions", "share", "interval"}, rows) +
           "<p class=\"quiet\">A decision may name several.</p>\n";
}

std::string ratings(const RatingCounts& counts) {
    if (counts.n() == 0) return "<p class=\"quiet\">Nothing was rated.</p>\n";
    const auto row = [](const char* name, std::size_t up, std::size_t down) {
        auto cells = share_cells(name, up, up + down);
        cells.insert(cells.begin() + 1, grouped(up + down));
        return cells;
    };
    return table({"candidates", "rated", "up", "share up", "interval"},
                 {row("taken in the end", counts.up_picked, counts.down_picked),
                  row("the others", counts.up_others, counts.down_others)});
}

}  // namespace

std::string outcomes_part(const ChoicesReport& report) {
    const auto& outcomes = report.outcomes;
    const std::size_t n = outcomes.n_decisions;
    std::string out = "<section>\n<h2>Edits, own words, reasons, ratings</h2>\n";
    out += "<div class=\"grid\">\n<div><h3>How decisions ended</h3>\n";
    out += table({"outcome", "decisions", "share", "interval"},
                 {share_cells("taken as it was", outcomes.n_picked - outcomes.n_edited, n),
                  share_cells("taken and edited", outcomes.n_edited, n),
                  share_cells("own words instead", outcomes.n_written, n),
                  share_cells("all refused", outcomes.n_refused, n)});
    out += "</div>\n<div><h3>Reasons that people named</h3>\n" + reasons(report);
    out += "</div>\n<div><h3>Ratings</h3>\n" + ratings(report.ratings);
    return out + "</div>\n</div>\n</section>\n";
}

std::string methods_part() {
    return R"(<section>
<h2>How this is computed</h2>
<ul>
<li>Means by step are plain means over picks; their intervals take stories, not picks, as what was drawn (Liang and Zeger 1986).</li>
<li>Win rates are picks over showings, with Wilson's interval (1927), which takes showings as independent. Blind picks win one in as many as were shown.</li>
<li>An effect is the mean difference between the picked candidate and the mean of the others, over the standard deviation within offers (Cohen 1988). Its interval is that of 2,000 resamples of whole stories (Efron and Tibshirani 1993); p flips the signs of the stories' sums (Canay, Romano and Shaikh 2017); adjusted p holds the false discovery rate over all features (Benjamini and Hochberg 1995).</li>
<li>The odds ratio is that of a conditional logit with this feature alone (McFadden 1974): by how much the odds of being picked grow where a thing is so, or where it is one standard deviation more.</li>
<li>Features go together: who likes dialogue picks quotes and questions, too. An effect says what the picked have, not why they were picked.</li>
<li>Win rates by settings compare what was offered together. Where settings were not drawn at random, they also say what they were offered beside.</li>
</ul>
<p class="quiet">All numbers are in report.json beside this page.</p>
</section>
)";
}

}  // namespace fabula::evaluate
