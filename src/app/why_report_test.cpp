// SPDX-License-Identifier: 0BSD
#include "app/why_report.h"

#include <gtest/gtest.h>

namespace fabula::app {
namespace {

TEST(QuotedToken, shows_spaces_and_what_is_no_whole_character) {
    EXPECT_EQ(quoted(" island"), "\" island\"");
    EXPECT_EQ(quoted("\n\t"), R"("\n\t")");
    EXPECT_EQ(quoted("say \"\\\""), R"("say \"\\\"")");
    EXPECT_EQ(quoted("\xE2\x80"), R"("\xE2\x80")");
    EXPECT_EQ(quoted("caf\xC3\xA9"), "\"caf\xC3\xA9\"");
    EXPECT_EQ(quoted("\x1B[2J"), R"("\x1B[2J")");
    const std::string right_to_left_override{'\xE2', '\x80', '\xAE'};
    EXPECT_EQ(app::quoted(right_to_left_override), R"("\xE2\x80\xAE")");
    EXPECT_EQ(quoted("\xCC\x81"), R"("\xCC\x81")") << "a mark would sit on the quote";
}

class WhyReport : public ::testing::Test {
protected:
    void SetUp() override {
        offer.id = store::OfferId{9};
        candidate.index = 1;
        why.before = {{" a", {1, -1, -1, 1, 0}}, {" small", {2, -1, -1, 1, 0}}};
        why.taken = {" hut", {77, -4, -3, 2.5F, 40}};
        why.reach.alternatives = {
            {5, " island", 0.5, 0.75, 0}, {6, "", 0.25, 0, 1}, {77, " hut", 0.0625, 0.125, 40}};
        why.reach.n_in_reach = 1;
        why.reach.share_cut = 0.00001;
        why.reach.was_drawn_again = true;
    }

    std::string text() const {
        return why_as_text({store::StoryId{4}, 2, 68}, {&offer, &candidate}, why, Palette(false),
                           80);
    }

    store::OfferRecord offer;
    store::CandidateRecord candidate;
    engine::Why why;
};

TEST_F(WhyReport, marks_the_token_that_was_taken) {
    EXPECT_EQ(text(),
              "story 4, offer 9, candidate 2: token 3 of 68\n"
              "behind:  a small\n"
              "\n"
              "    rank  token                      model    settings\n"
              "       1  \" island\"                50.00 %     75.00 %\n"
              "       2  <token 6>                25.00 %         out\n"
              "     ...\n"
              ">     41  \" hut\"                    6.25 %     12.50 %\n"
              "\n"
              "1 token in reach; the settings cut 1.0e-03 % of the model's probability\n");
}

TEST_F(WhyReport, says_what_is_not_promised_and_what_differs) {
    why.caution = "backend 'llama' does not promise the same bits";
    why.differences = {"logprob was -1 and is -2 now"};
    why.reach.n_refused = 2;
    const auto shown = text();
    EXPECT_NE(shown.find("\n2 tokens drawn here before and refused\n"), std::string::npos);
    EXPECT_NE(shown.find("\nnote: backend 'llama' does not promise the same bits\n"),
              std::string::npos);
    EXPECT_NE(shown.find("\ndiffers: logprob was -1 and is -2 now\n"), std::string::npos);
}

TEST_F(WhyReport, keeps_the_last_words_before_the_token) {
    why.before.assign(60, {" word", {}});
    const auto shown = text();
    const auto line = shown.substr(shown.find("behind:"));
    EXPECT_TRUE(line.starts_with("behind: ... word word"));
    EXPECT_LT(line.find('\n'), 80U);
}

TEST_F(WhyReport, is_one_line_of_json) {
    EXPECT_EQ(
        why_as_json({store::StoryId{4}, 2, 68}, {&offer, &candidate}, why),
        R"({"story":4,"offer":9,"parent":0,"index":1,"position":2,"before":" a small",)"
        R"("taken":{"id":77,"text":" hut","logprob_model":-4.0,"logprob":-3.0,"entropy":2.5,)"
        R"("rank":40},"alternatives":[)"
        R"({"id":5,"text":" island","rank":0,"probability_model":0.5,"probability":0.75,)"
        R"("taken":false},{"id":6,"text":"","rank":1,"probability_model":0.25,"probability":0.0,)"
        R"("taken":false},{"id":77,"text":" hut","rank":40,"probability_model":0.0625,)"
        R"("probability":0.125,"taken":true}],"in_reach":1,"share_cut":1e-05,"refused":0,)"
        R"("drawn_again":true,"caution":"","differences":[]})"
        "\n");
}

TEST_F(WhyReport, numbers_the_tokens_of_a_candidate) {
    EXPECT_EQ(
        tokens_as_text({{" a", {5, -0.6931472F, 0, 1, 0}}, {"\n", {13, -2.302585F, -1, 1, 3}}}),
        " token  text                       model    settings    rank\n"
        "     1  \" a\"                     50.00 %    100.00 %       1\n"
        "     2  \"\\n\"                     10.00 %     36.79 %       4\n");
}

}  // namespace
}  // namespace fabula::app
