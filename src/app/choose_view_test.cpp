// SPDX-License-Identifier: 0BSD
#include "app/choose_view.h"

#include "base/width.h"

#include <gtest/gtest.h>

#include <sstream>

namespace fabula::app {
namespace {

std::vector<Slot> three_slots() {
    std::vector<Slot> slots(3);
    for (std::size_t i = 0; i < slots.size(); ++i) {
        slots[i].index = i;
        slots[i].text = " Some words of a candidate that need more than one line in a column, " +
                        std::to_string(i) + ".";
        slots[i].note = "(9 tokens)";
    }
    slots[1].rating = 1;
    return slots;
}

std::string shown(const ChooseViewOptions& options) {
    std::ostringstream out;
    ChooseView view(out, options);
    auto growing = three_slots();
    for (auto& slot : growing)
        slot.text.clear();
    view.begin("step 1", growing);
    for (const auto& slot : three_slots())
        view.grow(slot.index, slot.text);
    view.finish(three_slots());
    return out.str();
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

TEST(ChooseView, without_moves_of_the_cursor_each_candidate_is_printed_once_and_below_the_other) {
    const std::string screen = shown({false, false, 160, 50, false});
    EXPECT_EQ(screen.find('\033'), std::string::npos);
    std::size_t at = 0;
    for (const char* words :
         {"1 temperature", ", 0.", "2 [+] temperature", ", 1.", "3 temperature", ", 2."}) {
        const auto found = screen.find(words, at);
        ASSERT_NE(found, std::string::npos) << words << " in\n" << screen;
        at = found;
    }
}

TEST(ChooseView, with_room_candidates_stand_beside_each_other) {
    const std::string screen = shown({false, true, 160, 50, false});
    bool is_beside = false;
    for (const auto& line : lines_of(screen))
        is_beside |= line.find("1 temperature") != std::string::npos &&
                     line.find("3 temperature") != std::string::npos;
    EXPECT_TRUE(is_beside) << screen;
}

TEST(ChooseView, on_a_narrow_terminal_the_first_candidate_streams_and_nothing_is_drawn_over) {
    const std::string screen = shown({false, true, 60, 24, false});
    EXPECT_EQ(screen.find("\033["), std::string::npos);
    EXPECT_EQ(screen.find(", 0."), screen.rfind(", 0."));  // once
    EXPECT_NE(screen.find(", 2."), std::string::npos);
}

TEST(ChooseView, goes_by_the_new_size_of_the_screen) {
    std::ostringstream out;
    ChooseView view(out, {false, true, 160, 50, false});
    view.resize(40, 24);
    view.begin("step 1", three_slots());
    view.finish(three_slots());
    for (const auto& line : lines_of(out.str()))
        EXPECT_LE(columns_of(line), 40U) << line;
}

TEST(ChooseView, no_line_is_wider_than_the_screen) {
    for (const std::size_t columns : {20U, 40U, 80U, 95U, 160U, 250U}) {
        for (const bool can_redraw : {false, true}) {
            const std::string screen = shown({false, can_redraw, columns, 24, false});
            for (const auto& line : lines_of(screen)) {
                const auto moved = line.rfind("\033[J");  // the cursor, to draw over what was there
                const auto words = line.substr(moved == std::string::npos ? 0 : moved + 3);
                EXPECT_LE(columns_of(words), columns) << words;
            }
        }
    }
}

TEST(ChooseView, words_cannot_act_on_the_terminal) {
    std::ostringstream out;
    ChooseView view(out, {false, false, 80, 24, false});
    view.finish({{0, {}, "A \033[2J bell\007.", "", 0}});
    view.complain("bad \033]0;title\007 name");
    EXPECT_EQ(out.str().find('\033'), std::string::npos);
    EXPECT_EQ(out.str().find('\007'), std::string::npos);
}

TEST(ChooseView, is_silent_when_events_go_elsewhere) {
    EXPECT_EQ(shown({true, true, 160, 50, true}), "");
}

}  // namespace
}  // namespace fabula::app
