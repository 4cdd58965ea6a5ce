// SPDX-License-Identifier: 0BSD
#include "evaluate/plot_frame.h"

#include "evaluate/markup.h"

#include <fmt/format.h>

namespace fabula::evaluate {

std::string framed(const PlotTexts& texts, double height, const std::string& body) {
    return fmt::format(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{}-title {}-text\">\n"
        "<title id=\"{}-title\">{}</title>\n<desc id=\"{}-text\">{}</desc>\n{}</svg>\n",
        plot_width, height, texts.id, texts.id, texts.id, escaped(texts.title), texts.id,
        escaped(texts.description), body);
}

std::string text_at(double x, double y, std::string_view text, TextStyle style) {
    return fmt::format(
        "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", x, y, style.anchor,
        *style.look != '\0' ? fmt::format(" class=\"{}\"", style.look) : "", escaped(text));
}

std::string text_upwards(double x, double y, std::string_view text) {
    return fmt::format(
        "<text x=\"{0:.1f}\" y=\"{1:.1f}\" text-anchor=\"middle\" class=\"quiet\" "
        "transform=\"rotate(-90 {0:.1f} {1:.1f})\">{2}</text>\n",
        x, y, escaped(text));
}

std::string line_between(double x1, double y1, double x2, double y2, const char* look) {
    return fmt::format(
        "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\"/>\n", x1, y1,
        x2, y2, look);
}

}  // namespace fabula::evaluate
