// SPDX-License-Identifier: 0BSD
#include "story/prompt.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace fabula::story {
namespace {

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> words;
    for (std::string word; in >> word;)
        words.push_back(word);
    return words;
}

/// A story, what is known beside it, and what each prompt was. A token is a word, so that the
/// figures below can be counted by hand.
class Writer {
public:
    explicit Writer(std::string opening, std::size_t budget_tokens) : tree(std::move(opening)) {
        request.budget_tokens = budget_tokens;
    }

    std::string text_of(const PromptPart& part) const {
        if (part.is_note()) return request.notes[part.note].text + " ";
        return tree.at(part.begin.passage).text.substr(part.begin.byte, part.end - part.begin.byte);
    }
    std::string text_of(const PromptPlan& plan) const {
        std::string text;
        for (const auto& part : plan.parts)
            text += text_of(part);
        return text;
    }
    Ruler ruler() const {
        return {[this](const PromptPart& part) { return words_of(text_of(part)).size(); },
                [](const StoryPlace& place) { return place.byte; }};
    }

    /// The plan as it follows from the ones before.
    Result<PromptPlan> plan() {
        request.ages.clear();
        for (const Note& note : request.notes) {
            const auto without =
                std::find_if(shown_.rbegin(), shown_.rend(), [&](const auto& shown) {
                    return std::find(shown.begin(), shown.end(), note) == shown.end();
                });
            request.ages.push_back(static_cast<std::size_t>(without - shown_.rbegin()));
        }
        return plan_prompt(tree, request, ruler());
    }
    /// The same, and the next one follows from it.
    PromptPlan step() {
        auto made = plan();
        EXPECT_TRUE(made);
        PromptBefore before;
        bool is_cut = made->omitted_bytes > 0;
        for (const auto& part : made->parts) {
            if (part.is_note() && !part.is_late) before.front.push_back(request.notes[part.note]);
            if (part.kind == PartKind::story && is_cut && !before.cut) before.cut = part.begin;
        }
        request.before = before;
        shown_.push_back(request.notes);
        return *std::move(made);
    }
    void add(const std::string& text) {
        request.end = tree.add(request.end, Origin::generated, text).value();
    }

    Tree tree;
    PromptRequest request;

private:
    std::vector<std::vector<Note>> shown_;
};

// `n` passages of one sentence of four words below the end.
void grow(Writer& writer, int n) {
    for (int i = 0; i < n; ++i)
        writer.add("Step " + std::to_string(i) + " came then. ");
}

// `n` words in sentences of ten, all different from those of other names.
std::string prose(const std::string& name, std::size_t n) {
    std::string text;
    for (std::size_t i = 0; i < n; ++i)
        text += (i % 10 == 0 ? "The" : "") + name + std::to_string(i) +
                (i % 10 == 9 || i + 1 == n ? ". " : " ");
    return text;
}

std::size_t common_prefix(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

/// A cache without end: what it was ever shown, it has.
class Cache {
public:
    /// How many of the words it has to compute.
    std::size_t show(const std::vector<std::string>& words) {
        std::size_t n_known = 0;
        for (const auto& line : lines_)
            n_known = std::max(n_known, common_prefix(words, line));
        lines_.push_back(words);
        return words.size() - n_known;
    }

private:
    std::vector<std::vector<std::string>> lines_;
};

TEST(PromptPlan, is_the_whole_story_where_it_fits) {
    Writer writer("A fox sat down. ", 16);
    grow(writer, 3);
    const auto plan = writer.plan();
    ASSERT_TRUE(plan);
    EXPECT_EQ(writer.text_of(*plan), writer.tree.read(writer.request.end).value());
    EXPECT_EQ(plan->tokens, 16U);
    EXPECT_EQ(plan->omitted_bytes, 0U);
    EXPECT_EQ(plan->parts.front().kind, PartKind::opening);
    EXPECT_EQ(plan->parts.back().kind, PartKind::story);
}

TEST(PromptPlan, keeps_the_opening_and_the_newest_sentences_past_the_window) {
    Writer writer("A fox sat down. It was quite late that day. ", 40);
    grow(writer, 20);
    const auto plan = writer.plan();
    ASSERT_TRUE(plan);
    const auto text = writer.text_of(*plan);
    EXPECT_TRUE(text.starts_with("A fox sat down. It was quite late that day. Step ")) << text;
    EXPECT_TRUE(text.ends_with("Step 19 came then. ")) << text;
    EXPECT_LE(plan->tokens, 40U);
    EXPECT_EQ(plan->omitted_bytes + text.size(),
              writer.tree.read(writer.request.end).value().size());
}

TEST(PromptPlan, moves_its_front_seldom) {
    Writer writer("A fox sat down. ", 84);
    grow(writer, 10);
    std::set<PassageId> fronts;
    for (int i = 0; i < 40; ++i) {
        writer.add("More words came now. ");
        const auto plan = writer.step();
        ASSERT_LE(plan.tokens, 84U);
        fronts.insert(plan.parts.at(1).begin.passage);
    }
    // 40 sentences of 4 tokens go by; a hop is 40 tokens, so the front moves about four times.
    EXPECT_LE(fronts.size(), 5U);
}

TEST(PromptPlan, leaves_out_an_opening_whose_first_sentence_is_too_long) {
    Writer writer("One two three four five six seven eight nine ten eleven twelve. ", 20);
    grow(writer, 5);
    const auto plan = writer.plan();
    ASSERT_TRUE(plan);
    EXPECT_TRUE(writer.text_of(*plan).starts_with("Step "));
}

TEST(PromptPlan, says_so_when_not_even_the_last_sentence_fits) {
    Writer writer("One two three four five six seven eight nine ten eleven twelve. ", 8);
    const auto plan = writer.plan();
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().code, ErrorCode::exhausted);
    EXPECT_NE(plan.error().message.find("12 tokens"), std::string::npos) << plan.error().message;
}

TEST(PromptPlan, puts_memory_first_and_lore_before_the_newest_sentences) {
    Writer writer(prose("a", 100), 1000);
    writer.request.notes = {{PartKind::memory, "Anna has one hand."},
                            {PartKind::lore, "The sea is warm."}};
    const auto plan = writer.plan();
    ASSERT_TRUE(plan);
    ASSERT_EQ(plan->parts.size(), 4U);
    EXPECT_EQ(plan->parts[0].kind, PartKind::memory);
    EXPECT_EQ(plan->parts[1].kind, PartKind::opening);
    EXPECT_EQ(plan->parts[2].kind, PartKind::lore);
    EXPECT_EQ(plan->parts[3].kind, PartKind::opening);
    EXPECT_EQ(plan->parts[3].tokens, 50U);  // five sentences are the first with 48 words
    EXPECT_EQ(writer.text_of(plan->parts[1]) + writer.text_of(plan->parts[3]), prose("a", 100));
    for (const auto& part : plan->parts)
        EXPECT_FALSE(part.why.empty());
}

TEST(PromptPlan, puts_lore_before_the_newest_words_where_there_are_no_sentences) {
    std::string endless;
    for (int i = 0; i < 300; ++i)
        endless += "word" + std::to_string(i) + " ";
    Writer writer(endless, 1000);
    writer.request.notes = {{PartKind::lore, "The sea is warm."}};
    const auto plan = writer.plan();
    ASSERT_TRUE(plan);
    ASSERT_EQ(plan->parts.size(), 3U);
    EXPECT_EQ(plan->parts[2].tokens, 48U);
    EXPECT_EQ(writer.text_of(plan->parts[0]) + writer.text_of(plan->parts[2]), endless);
}

TEST(PromptPlan, cuts_before_the_space_that_a_token_begins_with) {
    Writer writer("A fox sat down. ", 40);
    for (int i = 0; i < 20; ++i)
        writer.add(i % 2 == 0 ? "More came. Then rain." : " It fell. All slept.");
    auto ruler = writer.ruler();
    ruler.seam = [&](const StoryPlace& place) {  // tokens are words with the space before them
        const auto& text = writer.tree.at(place.passage).text;
        return std::min(text.find(' ', place.byte), text.size());
    };
    writer.request.notes = {{PartKind::lore, "The sea is warm."}};
    const auto plan = plan_prompt(writer.tree, writer.request, ruler);
    ASSERT_TRUE(plan);
    for (const auto& part : plan->parts) {
        if (part.kind != PartKind::story) continue;
        const auto text = writer.text_of(part);
        EXPECT_TRUE(text.starts_with("More") || text.starts_with(" It") ||
                    text.starts_with(" Then") || text.starts_with(" All"))
            << text;
    }
}

TEST(PromptPlan, keeps_what_fits_where_each_passage_would_hop) {
    Writer writer("A fox sat down. ", 90);
    for (int i = 0; i < 12; ++i) {
        writer.add(prose("p" + std::to_string(i) + "x", 40));
        const auto plan = writer.step();
        if (i > 3) {
            EXPECT_GT(plan.tokens, 70U) << i;
        }
    }
}

TEST(PromptPlan, is_the_same_again_for_the_same_place) {
    Writer writer(prose("a", 100), 600);
    writer.request.notes = {{PartKind::memory, "Anna has one hand."},
                            {PartKind::lore, "The sea is warm."}};
    for (int i = 0; i < 10; ++i) {
        const auto once = writer.plan();
        const auto twice = writer.plan();
        ASSERT_TRUE(once && twice);
        EXPECT_EQ(writer.text_of(*once), writer.text_of(*twice));
        writer.step();
        writer.add(prose("p" + std::to_string(i) + "x", 120));
    }
}

TEST(PromptPlan, moves_memory_that_changed_behind_what_is_stable) {
    Writer writer(prose("a", 100), 1000);
    const Note stable{PartKind::memory, "Anna has one hand."};
    writer.request.notes = {stable, {PartKind::memory, "It is morning."}};
    EXPECT_FALSE(writer.step().parts[1].is_late);
    writer.add(prose("b", 100));
    writer.request.notes = {stable, {PartKind::memory, "It is noon."}};
    const auto plan = writer.step();
    EXPECT_EQ(plan.parts[0].note, 0U);
    EXPECT_FALSE(plan.parts[0].is_late);
    const auto changed = std::find_if(plan.parts.begin(), plan.parts.end(),
                                      [](const auto& part) { return part.is_late; });
    ASSERT_NE(changed, plan.parts.end());
    EXPECT_EQ(changed->note, 1U);
    EXPECT_EQ(writer.text_of(plan).find("morning"), std::string::npos);
}

TEST(PromptPlan, brings_memory_to_the_front_at_a_hop_once_that_pays) {
    Writer writer(prose("a", 50), 600);
    writer.step();
    writer.request.notes = {{PartKind::memory, prose("m", 60)}};  // added by hand after a step
    int n_hops = 0;
    bool was_late = true;
    std::size_t cut = 0;
    for (int i = 0; i < 40; ++i) {
        writer.add(prose("p" + std::to_string(i) + "x", 100));
        const auto plan = writer.step();
        const bool has_hopped = plan.omitted_bytes != cut;
        cut = plan.omitted_bytes;
        n_hops += has_hopped ? 1 : 0;
        const auto note = std::find_if(plan.parts.begin(), plan.parts.end(),
                                       [](const auto& part) { return part.is_note(); });
        ASSERT_NE(note, plan.parts.end());
        if (was_late && !note->is_late) {
            EXPECT_TRUE(has_hopped);
        }
        EXPECT_TRUE(was_late || !note->is_late);  // it does not go back
        was_late = note->is_late;
    }
    EXPECT_GT(n_hops, 3);
    EXPECT_FALSE(was_late);
}

TEST(PromptPlan, leaves_notes_out_that_take_more_than_half_lore_first) {
    Writer writer(prose("a", 100), 200);
    writer.request.notes = {{PartKind::lore, prose("l", 50)},
                            {PartKind::memory, prose("m", 60)},
                            {PartKind::memory, prose("n", 60)}};
    const auto plan = writer.plan();
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->left_out, (std::vector<std::size_t>{0, 2}));
    EXPECT_LE(plan->tokens, 200U);
    EXPECT_NE(writer.text_of(*plan).find("m59"), std::string::npos);
}

TEST(PromptPlan, is_the_whole_story_again_where_there_is_room_again) {
    Writer writer(prose("a", 50), 150);
    for (int i = 0; i < 4; ++i)
        writer.add(prose("p" + std::to_string(i) + "x", 40));
    EXPECT_GT(writer.step().omitted_bytes, 0U);
    writer.request.budget_tokens = 300;
    const auto plan = writer.plan();
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->omitted_bytes, 0U);
    EXPECT_EQ(writer.text_of(*plan), writer.tree.read(writer.request.end).value());
}

TEST(PromptPlan, never_holds_a_text_twice_when_the_room_grows) {
    for (std::size_t wider = 151; wider < 500; wider += 7) {
        Writer writer(prose("a", 120), 150);
        for (int i = 0; i < 4; ++i)
            writer.add(prose("p" + std::to_string(i) + "x", 90));
        writer.step();
        writer.request.budget_tokens = wider;
        const auto plan = writer.plan();
        ASSERT_TRUE(plan) << wider;
        const auto whole = writer.tree.read(writer.request.end).value();
        std::size_t shown = 0;
        for (const auto& part : plan->parts)
            shown += writer.text_of(part).size();
        EXPECT_LE(plan->omitted_bytes, whole.size()) << wider;
        EXPECT_EQ(shown + plan->omitted_bytes, whole.size()) << wider;
    }
}

TEST(PromptPlan, has_some_of_the_story_whatever_empty_passages_stand_at_its_end) {
    Writer writer("One two three four five six seven eight nine ten eleven twelve. ", 8);
    writer.add("");
    writer.add("");
    const auto plan = writer.plan();
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().code, ErrorCode::exhausted);
}

TEST(PromptPlan, gives_up_notes_before_the_last_sentence) {
    Writer writer("One two three four five six seven eight nine ten eleven twelve. ", 20);
    writer.request.notes = {{PartKind::memory, prose("m", 9)}};
    const auto plan = writer.plan();
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->left_out, std::vector<std::size_t>{0});
    EXPECT_NE(writer.text_of(*plan).find("twelve"), std::string::npos);
}

TEST(PromptPlan, says_so_when_not_even_the_last_sentence_fits_without_notes) {
    Writer writer("One two three four five six seven eight nine ten eleven twelve. ", 8);
    writer.request.notes = {{PartKind::memory, "m."}, {PartKind::lore, "l."}};
    const auto plan = writer.plan();
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().code, ErrorCode::exhausted);
}

// Where a part is cut in two, as by notes before the newest sentences, it may take more tokens.
TEST(PromptPlan, never_holds_a_text_twice_when_what_is_cut_takes_more) {
    for (std::size_t budget = 104; budget < 130; ++budget) {
        Writer writer(prose("a", 100), budget);
        writer.request.notes = {{PartKind::lore, "The sea is warm."}};
        auto ruler = writer.ruler();
        const std::size_t size = writer.tree.at(PassageId::root).text.size();
        ruler.tokens = [=, words = ruler.tokens](const PromptPart& part) {
            const bool is_piece = !part.is_note() && (part.begin.byte > 0 || part.end < size);
            return words(part) + (is_piece ? 5 : 0);
        };
        const auto plan = plan_prompt(writer.tree, writer.request, ruler);
        ASSERT_TRUE(plan) << budget;
        EXPECT_LE(plan->tokens, budget);
        std::size_t shown = 0;
        for (const auto& part : plan->parts)
            shown += part.is_note() ? 0 : writer.text_of(part).size();
        EXPECT_LE(plan->omitted_bytes, size) << budget;
        EXPECT_EQ(shown + plan->omitted_bytes, size) << budget;
    }
}

TEST(PromptPlan, leaves_out_a_note_that_is_too_long_and_keeps_the_others) {
    Writer writer(prose("a", 100), 200);
    writer.request.notes = {{PartKind::memory, prose("long", 120)},
                            {PartKind::memory, prose("m", 20)},
                            {PartKind::lore, prose("l", 20)}};
    const auto plan = writer.plan();
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->left_out, std::vector<std::size_t>{0});
}

TEST(PromptPlan, cuts_only_where_no_token_is_cut) {
    Writer writer(prose("a", 100), 100);
    auto ruler = writer.ruler();
    ruler.seam = [](const StoryPlace& place) { return (place.byte + 6) / 7 * 7; };
    grow(writer, 60);
    writer.request.notes = {{PartKind::lore, "The sea is warm."}};
    const auto plan = plan_prompt(writer.tree, writer.request, ruler);
    ASSERT_TRUE(plan);
    for (const auto& part : plan->parts) {
        if (part.is_note()) continue;
        EXPECT_EQ(part.begin.byte % 7, 0U);
        const bool is_whole = part.end == writer.tree.at(part.begin.passage).text.size();
        EXPECT_TRUE(is_whole || part.end % 7 == 0) << part.end;
    }
}

// The journey that the figures of this project are measured on: a window of 2,048 with an answer
// of up to 253 tokens, passages of 200, memory of 250 of which 60 change at each step, lore of 150
// that is new each time.
TEST(PromptPlan, computes_little_for_a_story_with_memory_and_lore) {
    Writer writer(prose("opening", 60), 1795);
    Cache cache;
    std::size_t computed = 0;
    for (int i = 0; i < 40; ++i) {
        const std::string name = std::to_string(i) + "x";
        writer.request.notes = {{PartKind::memory, prose("who", 100)},
                                {PartKind::memory, prose("where", 90)},
                                {PartKind::memory, prose("now" + name, 60)},
                                {PartKind::lore, prose("lore" + name, 150)}};
        const auto plan = writer.step();
        const auto text = writer.text_of(plan);
        ASSERT_LE(plan.tokens, 1795U);
        EXPECT_TRUE(plan.left_out.empty());
        for (const auto& note : writer.request.notes)
            EXPECT_NE(text.find(note.text), std::string::npos) << "step " << i;
        auto words = words_of(text);
        computed += cache.show(words);
        const std::string passage = prose("p" + name, 200);
        for (const auto& word : words_of(passage))
            words.push_back(word);
        cache.show(words);
        writer.add(passage);
    }
    EXPECT_LE(computed / 40, 700U);
    EXPECT_GE(computed / 40, 400U);  // what is new at each step
    RecordProperty("prefill_tokens_per_step", static_cast<int>(computed / 40));
}

}  // namespace
}  // namespace fabula::story
