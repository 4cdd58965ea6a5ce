// SPDX-License-Identifier: 0BSD
// What a person sees while choosing: candidates as they grow, side by side where there is room and
// stacked else, and everything that is said in between. Only prints; knows no story and no model.
#pragma once

#include "app/terminal.h"
#include "engine/events.h"
#include "store/store.h"

#include <chrono>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::app {

struct ChooseViewOptions {
    bool has_color = false;
    bool can_redraw = false;  // lines may be drawn over: a terminal that is not "dumb"
    std::size_t columns = 80;
    std::size_t rows = 24;
    bool is_quiet = false;  // events go elsewhere: nothing is printed
};

/// One candidate on the screen.
struct Slot {
    std::size_t index = 0;  // in its offer
    sample::Settings settings;
    std::string text;
    std::string note;  // "(57 tokens, the end)", "taken: passage 4"
    int rating = 0;    // what this person said of it
};

class ChooseView {
public:
    ChooseView(std::ostream& out, const ChooseViewOptions& options);

    /// Of the screen.
    std::size_t columns() const { return options_.columns; }

    /// The screen has another size now; what is printed from here on goes by it.
    void resize(std::size_t columns, std::size_t rows);

    /// The story so far, or its end: the last lines where it is longer than half of the screen.
    void show_story(std::string_view title, const std::string& text, bool is_whole);

    /// Work on an offer begins: `slots` hold settings, and text where it is there already. Where
    /// there is none and slots stand below each other, the first one streams.
    void begin(std::string_view title, std::vector<Slot> slots);
    /// More words of the slot at `place`.
    void grow(std::size_t place, std::string_view text);
    /// All is there: the offer as it stays on the screen.
    void finish(std::vector<Slot> slots);
    /// Work on the offer was given up.
    void abandon();

    /// The keys, as a reminder; `n` candidates.
    void show_keys(std::size_t n, bool is_long);
    /// "> " and what was said, for those who read the screen later.
    void echo(std::string_view said);
    /// A question, on the line where it is answered.
    void ask(std::string_view question);
    /// A line of news; wrapped.
    void tell(std::string_view news);
    /// A line that something went wrong; the same, and not to be overlooked.
    void complain(std::string_view trouble);
    /// Lines as they are.
    void print(std::string_view lines);

private:
    bool is_side_by_side() const;
    std::size_t column_width() const;
    std::vector<std::string> head_lines(std::size_t place, std::size_t width) const;
    std::vector<std::string> body_lines(std::size_t place, std::size_t width) const;
    void print_columns(std::size_t most_lines);
    void print_stacked(std::size_t place);
    void draw();
    void erase();
    void stream(std::string_view text);
    void print_wrapped(std::string_view text, std::string_view before);

    std::ostream& out_;
    ChooseViewOptions options_;
    Palette palette_;
    std::size_t width_;
    std::vector<Slot> slots_;
    bool is_growing_ = false;
    std::size_t n_drawn_ = 0;        // lines that can be drawn over
    std::size_t stream_column_ = 0;  // where the next streamed word stands
    std::string stream_word_;        // not yet printed: it may not fit on the line
    bool is_streaming_ = false;      // the words of the first slot are printed as they come
    std::chrono::steady_clock::time_point drawn_;
};

}  // namespace fabula::app
