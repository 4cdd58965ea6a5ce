// SPDX-License-Identifier: 0BSD
#include "model/generator.h"
#include "model/scripted.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace fabula::model {
namespace {

std::unique_ptr<Generator> scripted(const std::string& script, std::size_t window = 4096) {
    return make_local(make_scripted(script, window).value());
}

Prompt prompt_of(const std::string& text) {
    Prompt prompt;
    prompt.blocks.push_back({text, {}});
    return prompt;
}

CandidateRequest request(std::uint64_t stream, int max_new_tokens = 200) {
    CandidateRequest made{{}, Rng(stream)};
    made.settings.max_new_tokens = max_new_tokens;
    made.settings.temperature = 1;
    return made;
}

TEST(Local, writes_what_the_model_says_and_ends_with_it) {
    const auto generator = scripted(" And so it ended.");
    const auto one = request(1);
    const auto generated = generator->generate(prompt_of("It was late."), {&one, 1}, {}, {});
    ASSERT_TRUE(generated) << generated.error().message;
    const auto& candidate = generated->candidates.at(0);
    EXPECT_EQ(candidate.text, " And so it ended.");
    EXPECT_EQ(candidate.ending, Ending::end_of_text);
    EXPECT_EQ(candidate.ids.size(), candidate.text.size());
    EXPECT_EQ(candidate.trace.front().rank, 0);
}

TEST(Local, does_not_let_the_model_end_before_min_new_tokens) {
    const auto generator = scripted(" Now.\n---\n Now. And then.");
    std::vector<CandidateRequest> requests;
    for (std::uint64_t stream = 0; stream < 20; ++stream) {
        requests.push_back(request(stream));
        requests.back().settings.min_new_tokens = stream < 10 ? 6 : 0;
    }
    const auto generated = generator->generate(prompt_of("It was late."), requests, {}, {});
    ASSERT_TRUE(generated) << generated.error().message;
    int n_short = 0;
    for (std::size_t i = 0; i < 20; ++i) {
        const auto& text = generated->candidates[i].text;
        if (i < 10) {
            EXPECT_EQ(text, " Now. And then.");
        }
        n_short += text == " Now." ? 1 : 0;
    }
    EXPECT_GT(n_short, 0);
}

TEST(Local, draws_the_same_with_mirostat_xtc_and_dry_whatever_the_company) {
    const auto generator = scripted(" Ada ran home.\n---\n Ben ran.\n---\n Cat sat: \"Ada ran\".");
    int n_differing = 0;
    for (std::uint64_t stream = 0; stream < 12; ++stream) {
        auto steered = request(stream, 60);
        steered.settings.mirostat_tau = 2;
        steered.settings.xtc_probability = 0.5;
        steered.settings.dry_multiplier = 2;
        const CandidateRequest company[] = {request(3), steered, request(4)};
        const auto alone = generator->generate(prompt_of("Late."), {&steered, 1}, {}, {});
        const auto among = generator->generate(prompt_of("Late."), company, {}, {});
        ASSERT_TRUE(alone && among);
        EXPECT_EQ(alone->candidates[0].ids, among->candidates[1].ids);
        EXPECT_EQ(alone->candidates[0].trace, among->candidates[1].trace);
        steered.settings.xtc_probability = 0;
        const auto other = generator->generate(prompt_of("Late."), {&steered, 1}, {}, {});
        ASSERT_TRUE(other);
        n_differing += other->candidates[0].ids != alone->candidates[0].ids ? 1 : 0;
    }
    EXPECT_GT(n_differing, 0);
    EXPECT_LT(n_differing, 12);
}

TEST(Local, searches_the_most_probable_text_beside_candidates_that_are_drawn) {
    // " Ada" begins two of three texts; behind it both go on alike.
    const auto generator =
        scripted(" Ada ran home.\n---\n Ada ran home.\n---\n Ben was up all night.");
    auto searched = request(1, 60);
    searched.settings.num_beams = 3;
    const CandidateRequest both[] = {request(7), searched};
    std::string shown;
    const auto generated = generator->generate(prompt_of("Late."), both,
                                               [&](std::size_t index, std::string_view text) {
                                                   if (index == 1) shown += text;
                                               },
                                               {});
    ASSERT_TRUE(generated) << generated.error().message;
    const auto& candidate = generated->candidates[1];
    EXPECT_EQ(candidate.text, " Ada ran home.");
    EXPECT_EQ(shown, candidate.text);
    EXPECT_EQ(candidate.ending, Ending::end_of_text);
    ASSERT_EQ(candidate.trace.size(), candidate.ids.size());
    EXPECT_EQ(candidate.trace[0].logprob, 0);
    EXPECT_NEAR(candidate.trace[1].logprob, std::log(2.0 / 3), 1e-6);
    const auto alone = generator->generate(prompt_of("Late."), {&searched, 1}, {}, {});
    ASSERT_TRUE(alone);
    EXPECT_EQ(alone->candidates[0].ids, candidate.ids);
    EXPECT_EQ(alone->candidates[0].trace, candidate.trace);
}

TEST(Local, finds_another_text_where_the_most_probable_is_banned) {
    const auto generator =
        scripted(" Ada ran home.\n---\n Ada ran home.\n---\n Ben was up all night.");
    auto searched = request(1, 60);
    searched.settings.num_beams = 3;
    searched.settings.bad_words = {"ran home"};
    const auto generated = generator->generate(prompt_of("Late."), {&searched, 1}, {}, {});
    ASSERT_TRUE(generated) << generated.error().message;
    EXPECT_EQ(generated->candidates[0].text, " Ben was up all night.");
}

TEST(Local, says_that_a_model_without_states_cannot_search_by_contrast) {
    const auto generator = scripted(" Now.");
    auto searched = request(1, 60);
    searched.settings.penalty_alpha = 0.6;
    searched.settings.top_k = 4;
    const auto refused = generator->generate(prompt_of("Late."), {&searched, 1}, {}, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_NE(refused.error().message.find("penalty_alpha"), std::string::npos);
}

TEST(Local, continues_the_ids_of_a_prompt_as_it_continued_the_prompt) {
    const auto generator = scripted(" Ada ran.\n---\n Ben ran.\n---\n Cat sat.");
    const auto one = request(5);
    const auto first = generator->generate(prompt_of("It was late."), {&one, 1}, {}, {});
    ASSERT_TRUE(first);
    Prompt again;
    again.ids = first->prompt_ids;
    again.blocks.push_back({"not read", {}});
    const auto second = generator->generate(again, {&one, 1}, {}, {});
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(second->prompt_ids, first->prompt_ids);
    EXPECT_EQ(second->candidates[0].ids, first->candidates[0].ids);
    EXPECT_EQ(second->candidates[0].trace, first->candidates[0].trace);
    again.ids.push_back(257);
    const auto refused = generator->generate(again, {&one, 1}, {}, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_input);
    EXPECT_EQ(refused.error().message,
              "the prompt has token 257, and model 'scripted' only 0 to 256");
}

TEST(Local, leaves_a_candidate_where_it_was_told_to) {
    const auto generator = scripted(" Ada ran home.");
    std::vector<CandidateRequest> requests{request(1), request(2)};
    requests[1].most_tokens = 4;
    const auto generated = generator->generate(prompt_of("x"), requests, {}, {});
    ASSERT_TRUE(generated) << generated.error().message;
    EXPECT_EQ(generated->candidates[0].text, " Ada ran home.");
    EXPECT_EQ(generated->candidates[1].text, " Ada");
    EXPECT_EQ(generated->candidates[1].ending, Ending::stopped);
}

TEST(Local, draws_the_same_words_alone_and_in_company) {
    const auto generator = scripted(" Ada ran.\n---\n Ben ran.\n---\n Cat sat.\n---\n Dog dug.");
    std::vector<CandidateRequest> requests;
    for (std::uint64_t i = 0; i < 8; ++i)
        requests.push_back(request(i));
    const auto together = generator->generate(prompt_of("x"), requests, {}, {});
    ASSERT_TRUE(together);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const auto alone = generator->generate(prompt_of("x"), {&requests[i], 1}, {}, {});
        ASSERT_TRUE(alone);
        EXPECT_EQ(alone->candidates[0].text, together->candidates[i].text);
        texts.push_back(alone->candidates[0].text);
    }
    std::sort(texts.begin(), texts.end());
    EXPECT_GT(std::unique(texts.begin(), texts.end()) - texts.begin(), 1);
}

TEST(Local, streams_each_candidate_whole_and_in_order) {
    const auto generator = scripted(" caf\xC3\xA9 au lait. More\n---\n tea. More");
    const CandidateRequest requests[] = {request(1, 6), request(2, 6), request(3, 6)};
    std::vector<std::string> shown(3);
    const auto generated = generator->generate(
        prompt_of("x"), requests,
        [&](std::size_t index, std::string_view text) { shown[index] += text; }, {});
    ASSERT_TRUE(generated);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(shown[i], generated->candidates[i].text);
}

TEST(Local, never_writes_a_bad_word_in_any_case) {
    const auto generator = scripted(" Follow on.\n---\n Fall down.\n---\n follow on.");
    for (std::uint64_t stream = 0; stream < 40; ++stream) {
        auto one = request(stream);
        one.settings.bad_words = {"FOLLOW"};
        const auto generated = generator->generate(prompt_of("x"), {&one, 1}, {}, {});
        ASSERT_TRUE(generated);
        const auto& text = generated->candidates[0].text;
        EXPECT_EQ(text.find("ollow"), std::string::npos) << text;
    }
}

TEST(Local, ends_exhausted_when_only_banned_tokens_are_left) {
    const auto generator = scripted(" end");
    auto one = request(1);
    one.settings.ignore_end = true;
    const auto generated = generator->generate(prompt_of("x"), {&one, 1}, {}, {});
    ASSERT_TRUE(generated);
    EXPECT_EQ(generated->candidates[0].ending, Ending::exhausted);
    EXPECT_EQ(generated->candidates[0].text, " end");
}

TEST(Local, ends_at_the_window_and_refuses_a_prompt_that_fills_it) {
    const auto generator = scripted(" abcdefghijkl", 8);
    const auto one = request(1);
    const auto generated = generator->generate(prompt_of("xyz"), {&one, 1}, {}, {});
    ASSERT_TRUE(generated);
    EXPECT_EQ(generated->candidates[0].ending, Ending::window);
    EXPECT_EQ(generated->candidates[0].text, " abcd");
    const auto refused = generator->generate(prompt_of("12345678"), {&one, 1}, {}, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::exhausted);
}

TEST(Local, keeps_what_it_has_when_stopped) {
    const auto generator = scripted(" a long story without an end");
    const auto one = request(1);
    std::stop_source stop;
    std::string shown;
    const auto generated = generator->generate(
        prompt_of("x"), {&one, 1},
        [&](std::size_t, std::string_view text) {
            shown += text;
            if (shown.size() == 5) stop.request_stop();
        },
        stop.get_token());
    ASSERT_TRUE(generated);
    EXPECT_EQ(generated->candidates[0].ending, Ending::stopped);
    EXPECT_EQ(generated->candidates[0].text, " a lo");
}

TEST(Local, takes_drawn_blocks_by_their_tokens_and_not_by_their_text) {
    const auto generator = scripted(" ab");
    Prompt prompt = prompt_of("x");
    prompt.blocks.push_back({"what it says does not matter", {' ', 'a'}});
    const auto one = request(1);
    const auto generated = generator->generate(prompt, {&one, 1}, {}, {});
    ASSERT_TRUE(generated);
    EXPECT_EQ(generated->candidates[0].text, "b");
    EXPECT_EQ(generator->measure(prompt.blocks[1]).value(), 2U);
}

TEST(Local, refuses_settings_out_of_range_and_a_template_that_is_not_there) {
    const auto generator = scripted(" ab");
    auto one = request(1);
    one.settings.top_p = 2;
    EXPECT_EQ(generator->generate(prompt_of("x"), {&one, 1}, {}, {}).error().code,
              ErrorCode::invalid_input);
    auto prompt = prompt_of("x");
    prompt.chat = true;
    const auto good = request(1);
    EXPECT_EQ(generator->generate(prompt, {&good, 1}, {}, {}).error().code,
              ErrorCode::invalid_input);
}

TEST(Local, refuses_a_bias_for_a_token_that_the_model_does_not_have) {
    const auto generator = scripted(" ab");
    auto one = request(1);
    one.settings.logit_bias[257] = 1;
    const auto refused = generator->generate(prompt_of("x"), {&one, 1}, {}, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message,
              "logit_bias: model 'scripted' has no token 257, only 0 to 256");
}

TEST(Ending, survives_its_name) {
    for (const auto ending :
         {Ending::end_of_text, Ending::sentence_end, Ending::budget, Ending::stop_string,
          Ending::window, Ending::exhausted, Ending::stopped})
        EXPECT_EQ(ending_named(name_of(ending)).value(), ending);
    EXPECT_FALSE(ending_named("bored"));
}

}  // namespace
}  // namespace fabula::model
