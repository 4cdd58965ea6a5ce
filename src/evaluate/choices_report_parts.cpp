// SPDX-License-Identifier: 0BSD
#include "evaluate/choices_report_parts.h"

#include "evaluate/markup.h"
#include "evaluate/round_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fabula::evaluate {
namespace {

constexpr const char* minus = "\xE2\x88\x92";
constexpr double least_worth_a_word = 0.1;  // standard deviations
constexpr const char* dash = "\xE2\x80\x93";

std::string mean_text(const ClusteredMean& mean) {
    return mean.size() > 0 ? short_number(mean.mean()) : "";
}

std::string ends_text(const ClusteredMean& mean) {
    const auto half = mean.size() > 0 ? mean.half_width() : std::nullopt;
    if (!half) return "";
    return short_number(mean.mean() - *half) + " to " + short_number(mean.mean() + *half);
}

Line line_of(const SettingMeans& setting, bool of_picked) {
    Line line{of_picked ? "picked" : "shown", {}};
    for (const auto& means : setting.steps) {
        const auto& mean = of_picked ? means.picked : means.shown;
        if (mean.size() > 0)
            line.points.push_back({double(means.step), mean.mean(), mean.half_width()});
    }
    return line;
}

std::string setting_figure(const SettingMeans& setting) {
    std::vector<AxisNote> notes;
    std::vector<std::vector<std::string>> rows;
    for (const auto& means : setting.steps) {
        notes.push_back({double(means.step), grouped(means.picked.size())});
        rows.push_back({std::to_string(means.step), grouped(means.picked.size()),
                        mean_text(means.picked), ends_text(means.picked),
                        grouped(means.shown.size()), mean_text(means.shown),
                        ends_text(means.shown)});
    }
    const std::string name = setting.name;
    const auto svg =
        line_plot({"step-" + name, name + " by step, picked and shown",
                   "Two lines over the steps of the story: the mean " + name +
                       " of the candidates that were picked and of all that were shown, with 95 % "
                       "intervals. The numbers are in the table below.",
                   "step of the story", name},
                  {line_of(setting, false), line_of(setting, true)}, notes);
    if (svg.empty())
        return "<figure><figcaption><strong>" + name +
               "</strong>: every candidate kept all tokens.</figcaption></figure>\n";
    return figure(
        svg, "",
        table({"step", "picks", "mean picked", "interval", "showings", "mean shown", "interval"},
              rows));
}

// The class of colour of a win rate: by its ratio to blind picks.
int level_of(const preference::WinRate& rate) {
    const double ratio = rate.rate() / rate.chance();
    if (ratio >= 1.6) return 3;
    if (ratio >= 1.3) return 2;
    if (ratio >= 1.1) return 1;
    if (ratio > 1 / 1.1) return 0;
    if (ratio > 1 / 1.3) return -1;
    return ratio > 1 / 1.6 ? -2 : -3;
}

std::string range_text(double low, double high) {
    return short_number(low) + dash + short_number(high);
}

std::string column_label(const Plane& plane, std::size_t column) {
    if (plane.has_all && column + 1 == plane.n_columns()) return "all";
    return range_text(plane.top_ks[column], plane.top_ks[column + 1]);
}

HeatCell heat_cell(const preference::WinRate& rate) {
    if (rate.n_shown == 0) return {"", dash, 0, false, false};
    HeatCell cell{fmt::format("{:.0f} %", 100 * rate.rate()), grouped(rate.n_shown), 0, false,
                  rate.differs_from_chance()};
    cell.is_thin = !rate.is_known();
    if (cell.is_thin)
        cell.text.clear();
    else
        cell.level = level_of(rate);
    return cell;
}

std::string key_cell(const char* level, const std::string& words) {
    return fmt::format(
        "<li><svg viewBox=\"0 0 28 14\" aria-hidden=\"true\"><rect width=\"28\" height=\"14\" "
        "class=\"{}\"/></svg>{}</li>\n",
        level, escaped(words));
}

std::string plane_key() {
    return "<ul class=\"key\">\n" +
           key_cell("level-less3", "at most 0.6 times as often as blind picks") +
           key_cell("level-more0", "about as often") +
           key_cell("level-more3", "at least 1.6 times as often") +
           "<li><svg viewBox=\"0 0 28 14\" aria-hidden=\"true\"><rect width=\"28\" height=\"14\" "
           "class=\"level-more0\"/><rect width=\"28\" height=\"14\" "
           "fill=\"url(#plane-hatch)\"/></svg>shown fewer than " +
           std::to_string(preference::least_shown) + " times</li>\n</ul>\n";
}

std::vector<std::string> rate_cells(const std::string& label, const preference::WinRate& rate) {
    if (rate.n_shown == 0) return {label, "0", "0", "", "", ""};
    const auto [low, high] = rate.ends();
    return {label,
            grouped(rate.n_shown),
            grouped(rate.n_picked),
            rate.is_known() ? percent(rate.rate()) : "too few",
            rate.is_known() ? percent(low) + " to " + percent(high) : "",
            percent(rate.chance())};
}

// "has a question mark (+0.25)"
std::string with_size(const FeatureEffect& each) {
    return fmt::format("{} ({}{:.2f})", each.feature->label, each.effect.size > 0 ? "+" : minus,
                       std::abs(each.effect.size));
}

// What picked candidates have more of, or less, in one line; "" for nothing.
std::string features_line(const ChoicesReport& report, bool is_more) {
    std::string names;
    std::size_t n_small = 0;
    for (const auto& each : report.effects) {
        if (!each.is_distinct() || (each.effect.size > 0) != is_more) continue;
        if (std::abs(each.effect.size) < least_worth_a_word)
            ++n_small;
        else
            names += (names.empty() ? "" : ", ") + with_size(each);
    }
    if (n_small > 0)
        names += (names.empty() ? "" : ", and ") +
                 counted(n_small, "thing that hardly matters", "things that hardly matter");
    if (names.empty()) return "";
    return std::string("Picked candidates have ") + (is_more ? "more" : "less") + " of: " + names +
           ".";
}

// Whether the place on the screen matters, in one line; "" where it does not.
std::string places_line(const ChoicesReport& report) {
    const bool has_bias =
        std::any_of(report.places.begin(), report.places.end(),
                    [](const RateRow& row) { return row.rate.differs_from_chance(); });
    if (!has_bias) return "";
    std::string places;
    for (const auto& [label, rate] : report.places) {
        if (rate.is_known())
            places += fmt::format("{}place {} wins {}", places.empty() ? "" : ", ", label,
                                  percent(rate.rate()));
    }
    return "Where a candidate stands on the screen matters: " + places +
           "; blind picks would give each " + percent(report.places.front().rate.chance()) + ".";
}

}  // namespace

std::string percent(double share) {
    return fmt::format("{:.1f} %", 100 * share);
}

std::string grouped(std::size_t n) {
    auto digits = std::to_string(n);
    for (std::size_t at = digits.size(); at > 3; at -= 3)
        digits.insert(at - 3, ",");
    return digits;
}

std::string counted(std::size_t n, const char* one, const char* many) {
    return grouped(n) + " " + (n == 1 ? one : many);
}

std::string figure(const std::string& svg, const std::string& caption, const std::string& numbers) {
    std::string out = "<figure>\n" + svg;
    if (!caption.empty()) out += "<figcaption>" + escaped(caption) + "</figcaption>\n";
    return out + "<details><summary>The numbers</summary>\n" + numbers + "</details>\n</figure>\n";
}

std::string rates_figure(const PlotTexts& texts, const std::string& what,
                         const std::vector<RateRow>& rows) {
    if (rows.empty()) return "<p class=\"quiet\">Nothing was kept of this.</p>\n";
    RowPlot plot;
    std::vector<std::vector<std::string>> cells;
    for (const auto& [label, rate] : rows) {
        PlotRow row{label, {}, {}, {}, "n " + grouped(rate.n_shown), rate.differs_from_chance()};
        if (rate.is_known()) {
            row.value = rate.rate();
            row.ends = rate.ends();
            row.reference = rate.chance();
        } else {
            row.note = "too few (" + grouped(rate.n_shown) + ")";
        }
        plot.rows.push_back(std::move(row));
        cells.push_back(rate_cells(label, rate));
    }
    return figure(row_plot(texts, plot), "",
                  table({what, "shown", "picked", "win rate", "interval", "blind picks"}, cells));
}

std::string settings_part(const ChoicesReport& report) {
    std::string out =
        "<section>\n<h2>Settings picked and shown, step by step</h2>\n"
        "<p>Where the two lines part, people preferred higher or lower values than they were "
        "offered. Where they run together, the setting made no difference to them, or its good and "
        "bad values lie on both sides of the mean (the plane below shows that).</p>\n"
        "<ul class=\"key\"><li><svg viewBox=\"0 0 28 14\" aria-hidden=\"true\"><path "
        "d=\"M0 7h28\" class=\"line picked\"/></svg>picked</li>"
        "<li><svg viewBox=\"0 0 28 14\" aria-hidden=\"true\"><path d=\"M0 7h28\" "
        "class=\"line shown\"/></svg>all that were shown</li>"
        "<li>band: interval of the mean</li><li>n: picks at that step</li></ul>\n"
        "<div class=\"grid\">\n";
    for (const auto& setting : report.settings)
        out += setting_figure(setting);
    return out +
           "</div>\n<p class=\"quiet\">A top_k of 0 keeps all tokens in play and has no place on "
           "the axis; such candidates are left out of that plot.</p>\n</section>\n";
}

std::string plane_part(const ChoicesReport& report) {
    std::string out =
        "<section>\n<h2>Win rates over temperature and top_k</h2>\n<p>How often a candidate with "
        "such settings was picked when it was shown; below, how often it was shown. In bold where "
        "the interval leaves out what blind picks would give.</p>\n";
    const auto& plane = report.plane;
    HeatMap map;
    std::vector<std::vector<std::string>> rows;
    for (std::size_t column = 0; column < plane.n_columns(); ++column)
        map.column_labels.push_back(column_label(plane, column));
    for (std::size_t row = plane.n_rows(); row-- > 0;) {  // hot above
        map.row_labels.push_back(range_text(plane.temperatures[row], plane.temperatures[row + 1]));
        for (std::size_t column = 0; column < plane.n_columns(); ++column) {
            const auto& rate = plane.cells[row * plane.n_columns() + column];
            map.cells.push_back(heat_cell(rate));
            rows.push_back(
                rate_cells(map.row_labels.back() + ", " + map.column_labels[column], rate));
        }
    }
    const auto svg = heat_map(
        {"plane", "Win rates over temperature and top_k",
         "A grid of cells, temperature upwards and top_k to the right; each cell has its win rate "
         "and how often it was shown. The numbers are in the table below.",
         "top_k", "temperature"},
        map);
    if (svg.empty()) return out + "<p class=\"quiet\">No offer to compare.</p>\n</section>\n";
    return out + plane_key() +
           figure(svg, "",
                  table({"temperature, top_k", "shown", "picked", "win rate", "interval",
                         "blind picks"},
                        rows)) +
           "</section>\n";
}

std::string policies_part(const ChoicesReport& report) {
    std::string out =
        "<section>\n<h2>Win rates by policy and by typical_p</h2>\n<p>The dashed mark is what "
        "blind picks would give. A coloured bar differs from it: its interval leaves the mark "
        "out.</p>\n<div class=\"grid\">\n<div><h3>By policy</h3>\n";
    out += rates_figure({"policies", "Win rate by policy",
                         "One bar a policy: how often its candidates were picked when shown.",
                         "picked when shown", ""},
                        "policy", report.policies);
    out += "</div>\n<div><h3>By typical_p</h3>\n";
    out += rates_figure({"typical", "Win rate by typical_p",
                         "One bar a value or class of typical_p: how often such candidates were "
                         "picked when shown.",
                         "picked when shown", ""},
                        "typical_p", report.typical_ps);
    return out + "</div>\n</div>\n</section>\n";
}

std::string words_part(const ChoicesReport& report) {
    std::string out = fmt::format(
        "<section>\n<h2>First words</h2>\n<p>{} began the candidates; here are those shown most "
        "often, at least {} times, the best first. Of twenty that mean nothing, one is coloured "
        "by chance.</p>\n",
        counted(report.n_different_first_words, "different word", "different words"),
        preference::least_shown);
    if (report.first_words.empty())
        return out + "<p class=\"quiet\">None was shown often enough.</p>\n</section>\n";
    out += rates_figure({"words", "Win rate by first word",
                         "One bar a first word: how often candidates that begin with it were "
                         "picked when shown.",
                         "picked when shown", ""},
                        "first word", report.first_words);
    return out + "</section>\n";
}

std::string places_part(const ChoicesReport& report) {
    std::string out =
        "<section>\n<h2>Does the place on the screen matter?</h2>\n<p>If people read all "
        "candidates alike, each place wins as often as the mark says. Only decisions whose order "
        "was kept are counted.</p>\n<div class=\"grid\">\n<div><h3>By place shown</h3>\n";
    out += rates_figure({"places", "Win rate by place shown",
                         "One bar a place on the screen: how often the candidate there was picked.",
                         "picked when shown", ""},
                        "place", report.places);
    out += "</div>\n<div><h3>How often the first was picked, by time taken</h3>\n";
    std::vector<RateRow> rows;
    for (const auto& row : report.times)
        rows.push_back({std::isfinite(row.to)
                            ? short_number(row.from) + dash + short_number(row.to) + " s"
                            : short_number(row.from) + " s and more",
                        row.first});
    out += rates_figure({"times", "Picks of the first place, by time taken",
                         "One bar a span of seconds: how often the candidate shown first was "
                         "picked by those who took that long.",
                         "first place picked", ""},
                        "time taken", rows);
    if (report.median_seconds)
        out += "<p>Half of the decisions took less than " +
               short_number(std::round(10 * *report.median_seconds) / 10) + " seconds.</p>\n";
    return out + "</div>\n</div>\n</section>\n";
}

std::string effects_part(const ChoicesReport& report) {
    std::string out = fmt::format(
        "<section>\n<h2>What pulls people</h2>\n<p>Each picked candidate against the others of its "
        "offer: by how many standard deviations it has more (right) or less (left) of a thing. A "
        "filled dot is told from chance when all of these are looked at together (false discovery "
        "rate 5 %); a hollow one may be nothing. n is how many offers had candidates that "
        "differed; with fewer than {} of them, or {} stories, no figure is given.</p>\n",
        preference::least_offers, preference::least_stories);
    RowPlot plot{RowLook::dots, false, {}};
    std::vector<std::vector<std::string>> rows;
    for (const auto& each : report.effects) {
        const auto& effect = each.effect;
        PlotRow row{each.feature->label, {}, {}, {}, "n " + grouped(effect.n_offers),
                    each.is_distinct()};
        std::vector<std::string> cells{each.feature->label, grouped(effect.n_offers),
                                       grouped(effect.n_stories)};
        if (effect.is_known) {
            row.value = effect.size;
            row.ends = effect.size_ends;
            for (const auto& text :
                 {short_number(effect.picked_mean), short_number(effect.others_mean),
                  fmt::format("{:+.2f}", effect.size),
                  fmt::format("{:+.2f} to {:+.2f}", effect.size_ends.low, effect.size_ends.high),
                  fmt::format("{:.4f}", effect.p), fmt::format("{:.4f}", *each.adjusted_p),
                  effect.odds_ratio
                      ? fmt::format("{:.2f} ({:.2f} to {:.2f})", *effect.odds_ratio,
                                    effect.odds_ratio_ends.low, effect.odds_ratio_ends.high)
                      : std::string("no finite one")})
                cells.push_back(text);
        } else {
            row.note = "too few (" + grouped(effect.n_offers) + ")";
            cells.insert(cells.end(), {"", "", "too few", "", "", "", ""});
        }
        plot.rows.push_back(std::move(row));
        rows.push_back(std::move(cells));
    }
    const auto svg = row_plot(
        {"effects", "What picked candidates have more or less of",
         "One row a feature: the standardised difference between picked and other candidates with "
         "its interval, the largest first. The numbers are in the table below.",
         "standard deviations, picked less others", ""},
        plot);
    out += figure(svg, "",
                  table({"feature", "offers", "stories", "picked", "others", "effect", "interval",
                         "p", "adjusted p", "odds ratio"},
                        rows));
    out += "<details><summary>What is counted</summary>\n<ul>\n";
    for (const auto& feature : preference::features())
        out += fmt::format("<li><strong>{}</strong>: {}</li>\n", escaped(feature.label),
                           escaped(feature.hint));
    return out + "</ul>\n</details>\n</section>\n";
}

std::string findings_part(const ChoicesReport& report) {
    std::vector<std::string> lines;
    for (const auto& line : {features_line(report, true), features_line(report, false)}) {
        if (!line.empty()) lines.push_back(line);
    }
    if (lines.empty())
        lines.emplace_back(
            "Nothing in the texts tells the picked candidates from the others, as "
            "far as these data can say.");
    for (const auto& [label, rate] : report.policies) {
        if (rate.differs_from_chance())
            lines.push_back(fmt::format("The policy {} wins {} of the time, blind picks would {}.",
                                        label, percent(rate.rate()), percent(rate.chance())));
    }
    if (const auto line = places_line(report); !line.empty()) lines.push_back(line);
    std::string out = "<section>\n<h2>In short</h2>\n<ul>\n";
    for (const auto& line : lines)
        out += "<li>" + escaped(line) + "</li>\n";
    return out +
           "</ul>\n<p class=\"quiet\">In brackets, effects in standard deviations: 0.2 is "
           "small, 0.5 is plain to see, 0.8 is large.</p>\n</section>\n";
}

}  // namespace fabula::evaluate
