// SPDX-License-Identifier: 0BSD
#include "app/write_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace fabula::app {
namespace {

void play(View& view) {
    engine::Events events([&](const engine::Event& event) { view.show(event); });
    store::StoryRecord record;
    record.id = store::StoryId{4};
    record.model = "scripted";
    record.seed = 7;
    events.emit(engine::StoryBegan{record, "scripted", "scripted", "scripted", "It was late.", 0});
    events.emit(engine::StepBegan{1, {sample::Settings{}}, 12, 0});
    events.emit(engine::TextDrawn{1, 0, " The door"});
    store::CandidateRecord candidate;
    candidate.text = " The door stood open.";
    candidate.tokens.resize(5);
    candidate.ending = "sentence_end";
    events.emit(engine::CandidateWritten{1, candidate});
    events.emit(engine::ChoiceMade{1, 0, "best score", story::PassageId{1}, candidate.text});
    engine::WritingDone done;
    done.story = record.id;
    done.text = "It was late. The door stood open.";
    events.emit(done);
}

TEST(QuietView, prints_the_story_and_nothing_else) {
    std::ostringstream out;
    play(*make_view(out, {ViewMode::quiet, false, 80, 1}));
    EXPECT_EQ(out.str(), "It was late. The door stood open.\n");
}

TEST(PlainView, shows_candidates_settings_and_the_reason_without_escape_sequences) {
    std::ostringstream out;
    play(*make_view(out, {ViewMode::plain, false, 60, 1}));
    const auto text = out.str();
    EXPECT_NE(text.find("> 1  temperature 0.80"), std::string::npos) << text;
    EXPECT_NE(text.find("     The door stood open."), std::string::npos) << text;
    EXPECT_NE(text.find("taken: 1, best score"), std::string::npos) << text;
    EXPECT_NE(text.find("fabula write --continue 4"), std::string::npos) << text;
    EXPECT_EQ(text.find('\033'), std::string::npos);
}

TEST(LiveView, takes_the_growing_lines_off_the_screen_again) {
    std::ostringstream out;
    play(*make_view(out, {ViewMode::live, false, 60, 1}));
    EXPECT_NE(out.str().find("\033[1A\r\033[J"), std::string::npos);
}

TEST(JsonView, prints_one_object_a_line_and_details_only_when_asked) {
    std::ostringstream main;
    play(*make_json_view(main, {}));
    const auto text = main.str();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
    EXPECT_TRUE(text.starts_with(R"({"event":"story","story":4,)")) << text;
    EXPECT_NE(text.find(R"("event":"candidate","step":1,"index":0,)"), std::string::npos);
    EXPECT_NE(text.find(R"("event":"choice","step":1,"index":0,"reason":"best score")"),
              std::string::npos);
    std::ostringstream all;
    play(*make_json_view(all, {true, false}));
    const auto everything = all.str();
    EXPECT_EQ(std::count(everything.begin(), everything.end(), '\n'), 6);
}

}  // namespace
}  // namespace fabula::app
