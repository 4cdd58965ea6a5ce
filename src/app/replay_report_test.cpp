// SPDX-License-Identifier: 0BSD
#include "app/replay_report.h"

#include <gtest/gtest.h>

namespace fabula::app {
namespace {

engine::Replayed found() {
    engine::Replayed replayed;
    replayed.candidates = 12;
    replayed.equal = 6;
    replayed.differing = {{store::OfferId{9}, 3, 1, 5, "token", "123", "456"},
                          {store::OfferId{9}, 3, 2, 7, "ending", "budget", "window"}};
    replayed.not_promised = {{"backend 'llama' does not promise the same bits", 3}};
    replayed.other = {{"no model 'north'", 1}};
    return replayed;
}

TEST(ReplayReport, names_the_first_difference_of_each) {
    EXPECT_EQ(replay_as_text(store::StoryId{4}, found()),
              "story 4, 12 candidates\n"
              "     6 the same again, bit for bit\n"
              "     2 differ\n"
              "  step 3, candidate 2 (offer 9), token 6: its id was 123 and is 456 now\n"
              "  step 3, candidate 3 (offer 9), after 7 equal tokens: ending was budget and is "
              "window now\n"
              "     3 not promised: backend 'llama' does not promise the same bits\n"
              "     1 not compared: no model 'north'\n");
}

TEST(ReplayReport, is_one_line_of_json) {
    EXPECT_EQ(
        replay_as_json(store::StoryId{4}, found()),
        R"({"candidates":12,"equal":6,"not_promised":3,"other":1,"differing":[)"
        R"({"offer":9,"step":3,"index":1,"position":5,"what":"token","kept":"123","drawn":"456"},)"
        R"({"offer":9,"step":3,"index":2,"position":7,"what":"ending","kept":"budget",)"
        R"("drawn":"window"}],"reasons":[{"what":"not_promised","candidates":3,)"
        R"("reason":"backend 'llama' does not promise the same bits"},{"what":"other",)"
        R"("candidates":1,"reason":"no model 'north'"}],"stopped":false,"story":4})"
        "\n");
}

}  // namespace
}  // namespace fabula::app
