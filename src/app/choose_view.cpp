// SPDX-License-Identifier: 0BSD
#include "app/choose_view.h"

#include "app/settings_line.h"
#include "base/width.h"

#include <fmt/format.h>

#include <algorithm>

namespace fabula::app {
namespace {

constexpr std::size_t widest = 100;         // longer lines are hard to read
constexpr std::size_t least_column = 30;    // narrower ones, too
constexpr std::size_t gap = 2;              // between columns
constexpr std::string_view indent = "   ";  // of the words of a stacked candidate

std::string trimmed(std::string_view text) {
    constexpr const char* space = " \t\r\n";
    const auto begin = text.find_first_not_of(space);
    if (begin == std::string_view::npos) return "";
    return std::string(text.substr(begin, text.find_last_not_of(space) + 1 - begin));
}

std::string padded(const std::string& line, std::size_t columns) {
    const std::size_t used = columns_of(line);
    return line + std::string(columns - std::min(columns, used), ' ');
}

}  // namespace

ChooseView::ChooseView(std::ostream& out, const ChooseViewOptions& options)
    : out_(out),
      options_(options),
      palette_(options.has_color),
      width_(std::min(options.columns, widest)) {}

void ChooseView::resize(std::size_t columns, std::size_t rows) {
    if (columns == options_.columns && rows == options_.rows) return;
    options_.columns = columns;
    options_.rows = rows;
    width_ = std::min(columns, widest);
    n_drawn_ = 0;  // the terminal has wrapped what stood there anew
}

void ChooseView::print_wrapped(std::string_view text, std::string_view before) {
    const std::size_t room = width_ - std::min(width_ - 1, before.size());
    for (const auto& line : wrapped(printable(text), room))
        out_ << before << line << '\n';
}

void ChooseView::show_story(std::string_view title, const std::string& text, bool is_whole) {
    if (options_.is_quiet) return;
    out_ << '\n';
    if (!title.empty()) out_ << palette_.bold << printable_line(title) << palette_.plain << "\n\n";
    auto lines = wrapped(printable(trimmed(text)), width_);
    const std::size_t most = std::max<std::size_t>(options_.rows / 2, 4);
    if (!is_whole && lines.size() > most) {
        out_ << palette_.dim << "[...]" << palette_.plain << '\n';
        lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(most));
    }
    for (const auto& line : lines)
        out_ << line << '\n';
    out_.flush();
}

bool ChooseView::is_side_by_side() const {
    const std::size_t n = slots_.size();
    return options_.can_redraw && n > 1 && options_.columns >= n * least_column + (n - 1) * gap;
}

std::size_t ChooseView::column_width() const {
    const std::size_t n = std::max<std::size_t>(slots_.size(), 1);
    return std::min((options_.columns - 1 - (n - 1) * gap) / n, std::size_t{70});
}

std::vector<std::string> ChooseView::head_lines(std::size_t place, std::size_t width) const {
    const Slot& slot = slots_[place];
    std::string mark;
    if (slot.rating > 0) mark = " [+]";
    if (slot.rating < 0) mark = " [-]";
    std::string head = fmt::format("{}{}  {}", place + 1, mark, settings_line(slot.settings));
    if (!slot.note.empty()) head += "  " + slot.note;
    return wrapped(head, width);
}

std::vector<std::string> ChooseView::body_lines(std::size_t place, std::size_t width) const {
    const std::string text = trimmed(slots_[place].text);
    return text.empty() ? std::vector<std::string>{} : wrapped(printable(text), width);
}

// All candidates beside each other; of each body the last `most_lines`.
void ChooseView::print_columns(std::size_t most_lines) {
    const std::size_t width = column_width();
    std::vector<std::vector<std::string>> heads;
    std::vector<std::vector<std::string>> bodies;
    std::size_t n_head = 0;
    std::size_t n_body = 0;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        heads.push_back(head_lines(i, width));
        bodies.push_back(body_lines(i, width));
        auto& body = bodies.back();
        if (body.size() > most_lines)
            body.erase(body.begin(), body.end() - static_cast<std::ptrdiff_t>(most_lines));
        n_head = std::max(n_head, heads.back().size());
        n_body = std::max(n_body, body.size());
    }
    const auto print_rows = [&](const std::vector<std::vector<std::string>>& parts, std::size_t n,
                                const char* color) {
        for (std::size_t row = 0; row < n; ++row) {
            out_ << color;
            for (std::size_t i = 0; i < parts.size(); ++i) {
                const std::string line = row < parts[i].size() ? parts[i][row] : "";
                const bool is_last = i + 1 == parts.size();
                out_ << (is_last ? line : padded(line, width + gap));
            }
            out_ << palette_.plain << '\n';
        }
    };
    print_rows(heads, n_head, palette_.dim);
    print_rows(bodies, n_body, "");
    n_drawn_ = n_head + n_body;
}

void ChooseView::print_stacked(std::size_t place) {
    out_ << palette_.dim;
    for (const auto& line : head_lines(place, width_))
        out_ << line << '\n';
    out_ << palette_.plain;
    for (const auto& line : body_lines(place, width_ - indent.size()))
        out_ << indent << line << '\n';
}

void ChooseView::erase() {
    if (n_drawn_ > 0) out_ << "\033[" << n_drawn_ << "A\r\033[J";
    n_drawn_ = 0;
}

void ChooseView::draw() {
    const std::size_t used = 6;  // of the screen, beside the bodies
    print_columns(std::max<std::size_t>(options_.rows, used + 4) - used);
}

void ChooseView::begin(std::string_view title, std::vector<Slot> slots) {
    slots_ = std::move(slots);
    is_growing_ = true;
    n_drawn_ = 0;
    stream_column_ = 0;
    stream_word_.clear();
    is_streaming_ = options_.can_redraw && !is_side_by_side() && !slots_.empty() &&
                    std::all_of(slots_.begin(), slots_.end(),
                                [](const Slot& slot) { return slot.text.empty(); });
    if (options_.is_quiet) return;
    out_ << '\n' << palette_.dim << title << ' ';
    const std::size_t line = is_side_by_side() ? options_.columns - 1 : width_;
    for (std::size_t i = columns_of(title) + 1; i < line; ++i)
        out_ << "\xE2\x94\x80";
    out_ << palette_.plain << '\n';
    if (is_side_by_side())
        draw();
    else if (is_streaming_)
        print_stacked(0);  // its words follow as they come
    out_.flush();
}

// Words behind those that stand there, broken between words; nothing is drawn over.
void ChooseView::stream(std::string_view text) {
    const std::size_t room = width_ - indent.size();
    const auto put_word = [&] {
        if (stream_word_.empty()) return;
        const std::size_t columns = columns_of(stream_word_);
        if (stream_column_ > 0 && stream_column_ + 1 + columns > room) {
            out_ << '\n';
            stream_column_ = 0;
        }
        if (stream_column_ == 0)
            out_ << indent;
        else
            out_ << ' ';
        out_ << stream_word_;
        stream_column_ += columns + (stream_column_ > 0 ? 1 : 0);
        stream_word_.clear();
    };
    for (const char c : printable(text)) {
        if (c != ' ' && c != '\n') {
            stream_word_ += c;
            continue;
        }
        put_word();
        if (c == '\n' && stream_column_ > 0) {
            out_ << '\n';
            stream_column_ = 0;
        }
    }
}

void ChooseView::grow(std::size_t place, std::string_view text) {
    if (place >= slots_.size()) return;
    slots_[place].text += text;
    if (options_.is_quiet || !is_growing_ || !options_.can_redraw) return;
    if (!is_side_by_side()) {
        if (place == 0 && is_streaming_) stream(text);
        out_.flush();
        return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now - drawn_ < std::chrono::milliseconds(40)) return;
    drawn_ = now;
    erase();
    draw();
    out_.flush();
}

void ChooseView::finish(std::vector<Slot> slots) {
    const bool was_streamed = is_growing_ && is_streaming_;
    is_streaming_ = false;
    slots_ = std::move(slots);
    is_growing_ = false;
    if (options_.is_quiet) return;
    if (is_side_by_side()) {
        erase();
        print_columns(static_cast<std::size_t>(-1) / 2);
        n_drawn_ = 0;
    } else {
        if (was_streamed) {
            stream(" ");  // the last word
            if (stream_column_ > 0) out_ << '\n';
            if (!slots_.empty())
                out_ << palette_.dim << indent << slots_.front().note << palette_.plain << '\n';
        }
        for (std::size_t i = was_streamed ? 1 : 0; i < slots_.size(); ++i)
            print_stacked(i);
    }
    out_.flush();
}

void ChooseView::abandon() {
    if (is_growing_ && !options_.is_quiet) out_ << '\n';
    is_growing_ = false;
    n_drawn_ = 0;
}

void ChooseView::show_keys(std::size_t n, bool is_long) {
    if (options_.is_quiet) return;
    const std::string numbers = n > 1 ? fmt::format("1-{}", n) : "1";
    if (!is_long) {
        out_ << palette_.dim;
        const std::string keys =
            numbers + " take  ? help  q quit  e edit  w write  r again  u undo  t tree  +- rate";
        out_ << first_columns(keys, options_.columns - 1) << '\n';
        out_ << palette_.plain;
        out_.flush();
        return;
    }
    const std::pair<std::string, const char*> keys[] = {
        {numbers, "take that candidate; it becomes a passage of the story"},
        {"e", "edit a candidate first, in $VISUAL or $EDITOR, or by typing it anew"},
        {"w",
         "write the passage yourself, in the same way; typed words end with a full stop alone "
         "on a line"},
        {"r", "draw anew: one of them, or all"},
        {"u", "undo: one passage back; what was offered there is offered again"},
        {"j", "jump to any passage; choosing there begins a branch"},
        {"t", "the tree of all passages; > marks where the story stands"},
        {"l", "look: the story so far"},
        {"+ -", "rate a candidate up or down"},
        {"y",
         "say why, before choosing or rating: c coherence, s style, t turn of the story, or "
         "your own words"},
        {"Esc", "back from a question"},
        {"q", "quit; everything is kept, and fabula choose --continue goes on"}};
    for (const auto& [key, hint] : keys) {
        const auto lines = wrapped(hint, width_ - std::min<std::size_t>(width_ - 20, 7));
        for (std::size_t i = 0; i < lines.size(); ++i)
            out_ << fmt::format("  {:<4} ", i == 0 ? key : "") << lines[i] << '\n';
    }
    out_.flush();
}

void ChooseView::echo(std::string_view said) {
    if (options_.is_quiet) return;
    out_ << palette_.accent << "> " << printable_line(said) << palette_.plain << '\n';
    out_.flush();
}

void ChooseView::ask(std::string_view question) {
    if (options_.is_quiet) return;
    out_ << palette_.bold << question << palette_.plain << ' ';
    out_.flush();
}

void ChooseView::tell(std::string_view news) {
    if (options_.is_quiet) return;
    print_wrapped(news, "  ");
    out_.flush();
}

void ChooseView::complain(std::string_view trouble) {
    if (options_.is_quiet) return;
    out_ << palette_.warning;
    print_wrapped(printable_line(trouble), "! ");
    out_ << palette_.plain;
    out_.flush();
}

void ChooseView::print(std::string_view lines) {
    if (options_.is_quiet) return;
    out_ << lines;
    out_.flush();
}

}  // namespace fabula::app
