// SPDX-License-Identifier: 0BSD
#include "evaluate/choices_report_page.h"

#include "evaluate/choices_report_parts.h"
#include "evaluate/markup.h"

#include <fmt/format.h>

namespace fabula::evaluate {
namespace {

constexpr std::size_t most_names = 5;

std::string day(Timestamp time) {
    return to_iso8601(time).substr(0, 10);
}

std::string fact(const std::string& name, const std::string& value, bool is_words = false) {
    return fmt::format("<div{}><dt>{}</dt><dd>{}</dd></div>\n", is_words ? " class=\"words\"" : "",
                       escaped(name), escaped(value));
}

std::string names_of(const std::vector<Counted>& counts, const char* unknown) {
    std::string out;
    for (std::size_t i = 0; i < counts.size() && i < most_names; ++i)
        out += fmt::format("{}{} ({})", i > 0 ? ", " : "",
                           counts[i].name.empty() ? unknown : counts[i].name, grouped(counts[i].n));
    if (counts.size() > most_names) out += fmt::format(" and {} more", counts.size() - most_names);
    return out.empty() ? "none" : out;
}

std::string who(const ChoicesReport& report) {
    switch (report.chooser) {
        case Chooser::person:
            return "What people picked";
        case Chooser::score:
            return "What the score picked";
        case Chooser::any:
            break;
    }
    return "What people and the score picked";
}

std::string head_part(const ChoicesReport& report, Timestamp made) {
    std::string out = "<header>\n<h1>" + who(report) + "</h1>\n<p class=\"quiet\">";
    if (report.first && report.last)
        out += day(*report.first) == day(*report.last)
                   ? fmt::format("Choices of {}. ", day(*report.first))
                   : fmt::format("Choices from {} to {}. ", day(*report.first), day(*report.last));
    out += fmt::format("Made by fabula choices report on {}.</p>\n", day(made));
    if (report.is_fallback)
        out +=
            "<p class=\"note\">No person has picked anything in this database, so this is what the "
            "program's own score picked. It says how the score works, not what readers like.</p>\n";
    out += "<dl>\n" + fact("offers compared", grouped(report.n_compared)) +
           fact("candidates shown", grouped(report.n_shown)) +
           fact("stories compared", grouped(report.n_compared_stories)) +
           fact("stories in all", grouped(report.n_stories)) +
           fact("decided by people", grouped(report.n_by_person)) +
           fact("decided by the score", grouped(report.n_by_score)) +
           fact("models (offers)", names_of(report.models, "not kept"), true);
    if (report.chooser != Chooser::score)
        out += fact("users (offers)", names_of(report.users, "not kept"), true);
    out +=
        "</dl>\n<p>An <em>offer</em> is a few continuations of one story, side by side. It is "
        "compared where at least two were shown and one of them was picked. All intervals are "
        "95 % intervals; n says how many picks or showings stand behind a figure.</p>\n";
    return out + "</header>\n";
}

}  // namespace

std::string report_as_page(const ChoicesReport& report, Timestamp made) {
    std::string out = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
        "<meta charset=\"utf-8\"/>\n{}\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'; base-uri 'none'; form-action 'none'\"/>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
        "<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n",
        page_mark, escaped(who(report)), page_style());
    out += head_part(report, made) + "<main>\n";
    for (const auto& part : {findings_part(report), settings_part(report), plane_part(report),
                             policies_part(report), effects_part(report), words_part(report),
                             places_part(report), outcomes_part(report), methods_part()})
        out += part;
    return out + "</main>\n</body>\n</html>\n";
}

}  // namespace fabula::evaluate
