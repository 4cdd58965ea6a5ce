// SPDX-License-Identifier: 0BSD
// Bans in what a generator writes: the scripted model for the transcripts, and one of many short
// tokens and random words for what must hold whatever is written.
#include "model/branch.h"

#include "model/scripted.h"
#include "sample/pattern.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace fabula::model {
namespace {

struct Written {
    Candidate candidate;
    std::string shown;
};

Written write(Generator& generator, const std::string& prompt_text, const CandidateRequest& one) {
    Prompt prompt;
    prompt.blocks.push_back({prompt_text, {}});
    Written written;
    auto generated = generator.generate(prompt, {&one, 1},
                                        [&](std::size_t, std::string_view text) {
                                            // What is shown is shown at once and stays, so it can
                                            // be compared while it comes.
                                            written.shown += text;
                                        },
                                        {});
    EXPECT_TRUE(generated) << generated.error().message;
    if (generated) written.candidate = std::move(generated->candidates.at(0));
    return written;
}

CandidateRequest banning(const std::vector<std::string>& words,
                         const std::vector<std::string>& patterns = {}, std::uint64_t stream = 1) {
    CandidateRequest made{{}, Rng(stream)};
    made.settings.max_new_tokens = 200;
    made.settings.temperature = 1;
    made.settings.bad_words = words;
    made.settings.bad_patterns = patterns;
    return made;
}

// The candidate that a script leads to, its first bans and its text as shown.
Written said(const std::string& script, const std::string& prompt, const CandidateRequest& one) {
    const auto generator = make_local(make_scripted(script).value());
    return write(*generator, prompt, one);
}

TEST(Branch, takes_a_phrase_back_to_where_it_begins) {
    // Both ways are open at the start: "f" of the phrase is refused there, and never comes again.
    for (std::uint64_t stream = 0; stream < 20; ++stream) {
        const auto written =
            said("follow on.\n---\nhe went on.", "x ", banning({"follow on"}, {}, stream));
        EXPECT_EQ(written.candidate.text, "he went on.");
        EXPECT_EQ(written.shown, written.candidate.text);
        EXPECT_EQ(written.candidate.ending, Ending::end_of_text);
        const auto& bans = written.candidate.bans;
        if (!bans.empty()) {
            EXPECT_EQ(bans, (std::vector<Ban>{{0, 'f'}}));
        }
        EXPECT_EQ(written.candidate.draws, bans.empty() ? 12U : 22U);
    }
}

TEST(Branch, knows_a_phrase_in_other_case_and_spacing) {
    for (const char* script : {"Follow\n  ON!\n---\nhe left.", "FOLLOW on\n---\nhe left."}) {
        const auto written = said(script, "x ", banning({"follow on"}, {}, 3));
        EXPECT_EQ(written.candidate.text, "he left.");
    }
}

TEST(Branch, lets_a_word_go_on_that_only_begins_as_a_banned_one) {
    const auto written = said("hello", "x ", banning({"hell"}));
    EXPECT_EQ(written.candidate.text, "hello");
    EXPECT_TRUE(written.candidate.bans.empty());
}

TEST(Branch, takes_back_a_phrase_that_the_end_completes) {
    const auto written = said("to hell\n---\nto bed", "x ", banning({"hell"}, {}, 4));
    EXPECT_EQ(written.candidate.text, "to bed");
    const auto only = said("to hell", "x ", banning({"hell"}));
    EXPECT_EQ(only.candidate.text, "to ");
    EXPECT_EQ(only.candidate.ending, Ending::exhausted);
    EXPECT_EQ(only.candidate.bans, (std::vector<Ban>{{3, 'h'}}));
    EXPECT_EQ(only.shown, "to ");
}

TEST(Branch, holds_the_prompt_and_the_candidate_together) {
    const auto script = "this is the end\n---\nthis is the start";
    for (std::uint64_t stream = 0; stream < 8; ++stream) {
        const auto written = said(script, "this is the", banning({"is the end"}, {}, stream));
        // Refused is the space, with which the other way begins, too.
        const bool is_refused = !written.candidate.bans.empty();
        EXPECT_EQ(written.candidate.text, is_refused ? "" : " start");
    }
}

TEST(Branch, bans_the_first_token_that_belongs_to_a_phrase_begun_in_the_prompt) {
    // Behind "is the" every way that begins with the space is refused at position 0.
    const auto written = said("this is the end", "this is the", banning({"the end"}));
    EXPECT_EQ(written.candidate.text, "");
    EXPECT_EQ(written.candidate.ending, Ending::exhausted);
    EXPECT_EQ(written.candidate.bans, (std::vector<Ban>{{0, ' '}}));
    // What stands in the prompt alone is let be.
    const auto free = said("the end of it", "the end", banning({"the end"}));
    EXPECT_EQ(free.candidate.text, " of it");
}

TEST(Branch, refuses_what_a_pattern_matches) {
    const auto script = "call 555-1234 now\n---\ncall me now";
    for (std::uint64_t stream = 0; stream < 20; ++stream) {
        const auto written = said(script, "x ", banning({}, {"[0-9]{3}-[0-9]+"}, stream));
        EXPECT_EQ(written.candidate.text, "call me now");
        EXPECT_EQ(written.shown, written.candidate.text);
    }
}

TEST(Branch, takes_overlapping_bans_back_one_after_the_other) {
    const auto script = "a b c d.\n---\na b x y.\n---\na z.";
    for (std::uint64_t stream = 0; stream < 20; ++stream) {
        const auto written = said(script, "- ", banning({"b c", "c d", "b x y"}, {"x y"}, stream));
        EXPECT_EQ(written.candidate.text, "a z.") << stream;
    }
}

TEST(Branch, ends_exhausted_when_every_way_on_is_refused) {
    const auto script = "red cat.\n---\nred dog.\n---\nred hen.";
    const auto written = said(script, "- ", banning({"cat", "dog", "hen"}));
    EXPECT_EQ(written.candidate.text, "red ");
    EXPECT_EQ(written.candidate.ending, Ending::exhausted);
    EXPECT_EQ(written.shown, "red ");
    std::set<TokenId> refused;
    for (const auto& ban : written.candidate.bans) {
        EXPECT_EQ(ban.position, 4);
        refused.insert(ban.token);
    }
    EXPECT_EQ(refused, (std::set<TokenId>{'c', 'd', 'h'}));
}

TEST(Branch, shows_what_turns_out_to_be_no_ban_and_holds_what_may_be_one) {
    const auto generator = make_local(make_scripted("the red carpet. The red").value());
    auto one = banning({"red car"});
    std::vector<std::string> pieces;
    Prompt prompt;
    prompt.blocks.push_back({"x ", {}});
    ASSERT_TRUE(generator->generate(
        prompt, {&one, 1}, [&](std::size_t, std::string_view text) { pieces.emplace_back(text); },
        {}));
    const std::vector<std::string> expected{"t", "h", "e", " ", "red carp", "e", "t",
                                            ".", " ", "T", "h", "e",        " ", "red"};
    EXPECT_EQ(pieces, expected);
}

TEST(Branch, judges_the_text_that_a_stop_string_leaves) {
    auto one = banning({"hell"});
    one.settings.stop = {"END"};
    const auto left = said("to hellEND\n---\nto bed.", "x ", one);
    EXPECT_EQ(left.candidate.text, "to bed.");
    const auto cut = said("to hello END", "x ", one);
    EXPECT_EQ(cut.candidate.text, "to hello");
    EXPECT_EQ(cut.candidate.ending, Ending::stop_string);
    // The stop string takes the end of the phrase with it.
    auto whole = banning({"the END"});
    whole.settings.stop = {"END"};
    EXPECT_EQ(said("this is the END.", "x ", whole).candidate.text, "this is the");
}

TEST(Branch, judges_the_text_that_a_sentence_end_leaves) {
    auto one = banning({"home. The"});
    one.settings.max_new_tokens = 4;
    const auto written = said("She ran home. The end.", "x ", one);
    EXPECT_EQ(written.candidate.text, "She ran home. ");
    EXPECT_EQ(written.candidate.ending, Ending::sentence_end);
    auto end = banning({"home."});
    end.settings.max_new_tokens = 4;
    EXPECT_EQ(said("She ran home. The end.", "x ", end).candidate.text, "She ran ");
}

TEST(Branch, goes_on_from_the_window_when_its_end_was_taken_back) {
    const auto generator = make_local(make_scripted("to hell\n---\nto bed", 9).value());
    for (std::uint64_t stream = 0; stream < 8; ++stream) {
        const auto written = write(*generator, "x ", banning({"hell"}, {}, stream));
        EXPECT_EQ(written.candidate.text, "to bed");
    }
}

TEST(Branch, leaves_no_ban_where_it_is_stopped) {
    const auto generator = make_local(make_scripted("to hell and back").value());
    auto one = banning({"hell"});
    one.most_draws = 7;
    const auto written = write(*generator, "x ", one);
    EXPECT_EQ(written.candidate.ending, Ending::stopped);
    EXPECT_EQ(written.candidate.text, "to ");
    EXPECT_EQ(written.candidate.draws, 7U);
    EXPECT_EQ(written.shown, "to ");
}

TEST(Branch, tries_a_position_twenty_times) {
    // Thirty ways on, all of them refused: 20 are tried.
    std::string script;
    for (char c = 'A'; c < 'A' + 26; ++c)
        script += std::string(script.empty() ? "" : "\n---\n") + c + "x.";
    const auto written = said(script, "- ", banning({}, {"[A-Z]x"}));
    EXPECT_EQ(written.candidate.text, "");
    EXPECT_EQ(written.candidate.ending, Ending::exhausted);
    EXPECT_EQ(written.candidate.bans.size(), most_tries);
    EXPECT_EQ(written.candidate.draws, 3 * most_tries);  // the letter, "x", and what follows
}

// Tokens of one to three letters and a random row behind each sequence: many ways to spell a text.
class Babble : public Model {
public:
    explicit Babble(std::uint64_t seed) : seed_(seed) {
        info_.name = "babble";
        info_.arithmetic = "babble";
        info_.n_vocab = pieces.size() + 1;
        info_.window_tokens = 200;
    }

    const ModelInfo& info() const override { return info_; }

    Result<std::vector<TokenId>> encode(std::string_view text, Place) const override {
        std::vector<TokenId> tokens;
        for (const char c : text) {
            const auto found = std::find(pieces.begin(), pieces.end(), std::string(1, c));
            EXPECT_NE(found, pieces.end());
            tokens.push_back(static_cast<TokenId>(found - pieces.begin()));
        }
        return tokens;
    }

    std::string piece(TokenId token) const override {
        const auto i = static_cast<std::size_t>(token);
        return i < pieces.size() ? pieces[i] : "";
    }

    bool is_end(TokenId token) const override {
        return static_cast<std::size_t>(token) == pieces.size();
    }

    std::size_t n_branches() const override { return 3; }

    Result<StepCost> step(std::span<const std::span<const TokenId>> branches,
                          std::span<float> logits, const std::stop_token&) override {
        for (std::size_t i = 0; i < branches.size(); ++i) {
            Rng rng(seed_);
            for (const TokenId token :
                 branches[i].last(std::min<std::size_t>(3, branches[i].size())))
                rng = rng.child(static_cast<std::uint64_t>(token));
            const auto row = logits.subspan(i * info_.n_vocab, info_.n_vocab);
            for (std::size_t token = 0; token < row.size(); ++token)
                row[token] = static_cast<float>(4 * rng.uniform(token));
            row[pieces.size()] -= 3;  // the end is rare
        }
        return StepCost{branches.size(), 0};
    }

    inline static const std::vector<std::string> pieces{
        "a",  "b",  "c",    " ",    "\n",       ".", "A",    "B",   "ab",  "ba", " a", " b",  "a ",
        "ca", "c.", "\xC3", "\xA9", "\xC3\xA9", "?", "\x1b", ". A", "abc", "  ", "C",  "cab", ""};

private:
    std::uint64_t seed_;
    ModelInfo info_;
};

const std::vector<std::string> phrases{"a", "ab", "a b", "b a c", "ba", "c.", "abc a", "\u00E9a"};
const std::vector<std::string> expressions{"a+b",     "b[ac]\\b",   "(?i)ca?b", "\\. ?A",   "a.c",
                                           "\u00E9$", "(ab|ba){2}", "c\\s+c",   "\\bcab\\b"};

std::string spaced(std::string_view text) {
    std::string plain;
    for (const char c : text) {
        if (c != ' ' && c != '\n')
            plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        else if (!plain.ends_with(' '))
            plain += ' ';
    }
    return plain;
}

// Whether `phrase` ends behind byte `from` of `text`, looked for in another way than the product
// does: in the plain text, each end of which is compared with where the prompt ends.
bool has_phrase(std::string text, const std::string& phrase, std::size_t from) {
    for (std::size_t end = text.size(); end > from; --end) {
        const bool is_last = end == text.size() ||
                             !std::isalnum(static_cast<unsigned char>(text[end - 1])) ||
                             (!std::isalnum(static_cast<unsigned char>(text[end])) &&
                              static_cast<unsigned char>(text[end]) < 0x80);
        const std::string plain = spaced(std::string_view(text).substr(0, end));
        if (!is_last || !plain.ends_with(phrase)) continue;
        const std::size_t at = plain.size() - phrase.size();
        const auto before = at == 0 ? ' ' : plain[at - 1];
        const bool is_word =
            std::isalnum(static_cast<unsigned char>(before)) || (before & 0x80) != 0;
        if (!is_word) return true;
    }
    return false;
}

const std::string babbled_prompt = "a ba b. Cab a";

// A few of the phrases and patterns, sometimes stop strings or mirostat, another budget each time.
CandidateRequest random_request(const Rng& rng, std::uint64_t stream) {
    auto one = banning({}, {}, stream);
    one.settings.max_new_tokens = 4 + static_cast<int>(rng.uniform(0) * 40);
    if (rng.uniform(1) < 0.3) one.settings.stop = {"c a", "bb"};
    if (rng.uniform(2) < 0.3) one.settings.mirostat_tau = 2;
    for (std::uint32_t k = 0; k < phrases.size(); ++k) {
        if (rng.uniform(3, k) < 0.2) one.settings.bad_words.push_back(phrases[k]);
    }
    for (std::uint32_t k = 0; k < expressions.size(); ++k) {
        if (rng.uniform(4, k) < 0.2) one.settings.bad_patterns.push_back(expressions[k]);
    }
    return one;
}

void expect_no_ban(const sample::Settings& settings, const std::string& written) {
    const std::string text = babbled_prompt + written;
    const std::size_t from = babbled_prompt.size();
    for (const auto& phrase : settings.bad_words)
        EXPECT_FALSE(has_phrase(text, phrase, from)) << phrase;
    for (const auto& pattern : settings.bad_patterns)
        EXPECT_FALSE(sample::Pattern::compiled(pattern)->find(text, from, text.size())) << pattern;
}

// What is kept of the bans fits the tokens: none stands where it is banned.
void expect_bans_to_fit(const Candidate& candidate) {
    EXPECT_EQ(candidate.ids.size(), candidate.trace.size());
    std::int32_t last = 0;
    for (const auto& ban : candidate.bans) {
        const auto position = static_cast<std::size_t>(ban.position);
        EXPECT_GE(ban.position, last);
        ASSERT_LE(position, candidate.ids.size());
        EXPECT_TRUE(position == candidate.ids.size() || candidate.ids[position] != ban.token);
        last = ban.position;
    }
    EXPECT_GE(candidate.draws, candidate.ids.size() + candidate.bans.size());
}

void expect_same(const Candidate& again, const Candidate& candidate) {
    EXPECT_EQ(again.ids, candidate.ids);
    EXPECT_EQ(again.trace, candidate.trace);
    EXPECT_EQ(again.bans, candidate.bans);
    EXPECT_EQ(again.draws, candidate.draws);
    EXPECT_EQ(again.text, candidate.text);
    EXPECT_EQ(again.ending, candidate.ending);
}

struct Count {
    std::size_t bans = 0;
    std::size_t taken_back = 0;
    std::set<Ending> endings;
};

void hold_promises(std::uint64_t seed, Count& count) {
    const auto generator = make_local(std::make_unique<Babble>(seed % 17));
    std::vector<CandidateRequest> requests;
    for (std::uint64_t i = 0; i < 4; ++i)
        requests.push_back(random_request(Rng(seed).child(i), 10 * seed + i));
    Prompt prompt;
    prompt.blocks.push_back({babbled_prompt, {}});
    std::vector<std::string> shown(requests.size());
    const auto generated = generator->generate(
        prompt, requests, [&](std::size_t i, std::string_view text) { shown[i] += text; }, {});
    ASSERT_TRUE(generated) << generated.error().message;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const auto& settings = requests[i].settings;
        const auto& candidate = generated->candidates[i];
        SCOPED_TRACE("seed " + std::to_string(seed) + ": '" + candidate.text + "'");
        EXPECT_EQ(shown[i], candidate.text);
        expect_no_ban(settings, candidate.text);
        expect_bans_to_fit(candidate);
        EXPECT_LE(candidate.draws, most_draws(settings.max_new_tokens));
        count.bans += candidate.bans.size();
        count.taken_back += candidate.draws > candidate.ids.size() + candidate.bans.size() + 1;
        count.endings.insert(candidate.ending);
        // Alone it is the same; and what is stopped on the way has no ban either.
        auto alone = requests[i];
        expect_same(write(*generator, babbled_prompt, alone).candidate, candidate);
        alone.most_draws = 1 + candidate.draws / 2;
        const auto stopped = write(*generator, babbled_prompt, alone);
        EXPECT_EQ(stopped.shown, stopped.candidate.text);
        expect_no_ban(settings, stopped.candidate.text);
        expect_bans_to_fit(stopped.candidate);
    }
}

TEST(Branch, holds_every_promise_whatever_is_banned_and_written) {
    Count count;
    for (std::uint64_t seed = 0; seed < 300 && !HasFailure(); ++seed)
        hold_promises(seed, count);
    EXPECT_GT(count.bans, 2000U);
    EXPECT_GT(count.taken_back, 400U);
    EXPECT_TRUE(count.endings.contains(Ending::exhausted));
    EXPECT_GE(count.endings.size(), 4U);
}

}  // namespace
}  // namespace fabula::model
