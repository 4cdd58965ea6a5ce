// SPDX-License-Identifier: 0BSD
#include "evaluate/choices_report.h"

#include "evaluate/choices_report_page.h"

#include <gtest/gtest.h>

namespace fabula::evaluate {
namespace {

store::CandidateRecord candidate(std::size_t index, const std::string& text, double temperature) {
    store::CandidateRecord record;
    record.index = index;
    record.text = text;
    record.policy = "random";
    record.settings.temperature = temperature;
    record.settings.top_k = 40;
    return record;
}

// A story whose reader is offered three candidates a step.
class StoryBuilder {
public:
    explicit StoryBuilder(std::int64_t id) {
        story_.record.id = static_cast<store::StoryId>(id);
        story_.tree = story::Tree("Once.");
        story_.passages.push_back(
            {story::PassageId::root, story_.tree.at(story::PassageId::root), {}, {}, {}});
    }

    StoryBuilder& offer() {
        store::OfferRecord record;
        record.id = static_cast<store::OfferId>(story_.offers.size() + 1);
        record.parent = head_;
        record.model = "made";
        record.candidates = {candidate(0, " He said, \"Go!\"", 0.6),
                             candidate(1, " The sea was still.", 0.8),
                             candidate(2, " Nobody came.", 1.0)};
        story_.offers.push_back(record);
        return *this;
    }

    StoryBuilder& choose(std::optional<std::size_t> index, const std::string& words = "",
                         const std::string& chooser = "person") {
        store::ChoiceRecord choice;
        choice.offer = story_.offers.back().id;
        choice.index = index;
        choice.chooser = chooser;
        choice.passage = head_;
        if (index || !words.empty()) {
            const auto origin = words.empty() ? story::Origin::generated
                                : index       ? story::Origin::edited
                                              : story::Origin::written;
            const auto text = words.empty() ? story_.offers.back().candidates[*index].text : words;
            choice.passage = story_.tree.add(head_, origin, text).value();
            store::PassageRecord passage{
                choice.passage, story_.tree.at(choice.passage), choice.offer, index, {}};
            story_.passages.push_back(passage);
            head_ = choice.passage;
        }
        story_.choices.push_back(choice);
        return *this;
    }

    store::ChoiceRecord& last_choice() { return story_.choices.back(); }
    store::Story& story() { return story_; }

private:
    store::Story story_;
    story::PassageId head_ = story::PassageId::root;
};

ChoicesLog log_of(StoryBuilder& builder) {
    ChoicesLog log;
    add_story(log, builder.story());
    return log;
}

TEST(ChoicesLog, keeps_what_was_shown_and_how_it_ended) {
    StoryBuilder builder(4);
    builder.offer().choose(1);
    builder.offer().choose(0, " He said, \"Stay!\"");
    builder.offer().choose({}, " Something else.");
    builder.offer().choose({});
    builder.offer();  // nobody decided
    const auto log = log_of(builder);
    ASSERT_EQ(log.offers.size(), 4U);
    EXPECT_EQ(log.offers[0].person->picked, 1U);
    EXPECT_EQ(log.offers[2].step, 3U);
    EXPECT_TRUE(log.offers[1].person->is_edited);
    EXPECT_TRUE(log.offers[2].person->is_written);
    EXPECT_FALSE(log.offers[3].person->is_written) << "refused behind a written passage";
    const auto report = report_choices(log, {});
    EXPECT_EQ(report.outcomes.n_decisions, 4U);
    EXPECT_EQ(report.outcomes.n_picked, 2U);
    EXPECT_EQ(report.outcomes.n_edited, 1U);
    EXPECT_EQ(report.outcomes.n_written, 1U);
    EXPECT_EQ(report.outcomes.n_refused, 1U);
    EXPECT_EQ(report.n_compared, 2U);
}

TEST(ChoicesLog, counts_only_what_stood_on_the_screen_in_its_order) {
    StoryBuilder builder(4);
    builder.offer().choose(2);
    builder.last_choice().shown = {2, 0};
    const auto log = log_of(builder);
    ASSERT_EQ(log.offers.size(), 1U);
    const auto report = report_choices(log, {});
    EXPECT_EQ(report.n_shown, 2U);
    ASSERT_EQ(report.places.size(), 2U);
    EXPECT_EQ(report.places[0].rate.n_picked, 1U);
    EXPECT_EQ(report.places[1].rate.n_picked, 0U);
    EXPECT_DOUBLE_EQ(report.places[0].rate.chance(), 0.5);
}

TEST(ChoicesReport, tells_persons_and_the_score_apart) {
    StoryBuilder builder(4);
    builder.offer().choose(1, "", "score");
    builder.choose(0);  // a person took another one afterwards
    builder.offer().choose(2, "", "score");
    const auto log = log_of(builder);
    const auto persons = report_choices(log, {});
    EXPECT_EQ(persons.chooser, Chooser::person);
    EXPECT_EQ(persons.n_compared, 1U);
    EXPECT_NEAR(persons.settings.front().steps.front().picked.mean(), 0.6, 1e-12);
    EXPECT_EQ(report_choices(log, Chooser::score).n_compared, 2U);
    const auto any = report_choices(log, Chooser::any);
    EXPECT_EQ(any.n_compared, 2U);
    EXPECT_NEAR(any.settings.front().steps.front().picked.mean(), 0.6, 1e-12);
    EXPECT_EQ(any.n_by_person, 1U);
    EXPECT_EQ(any.n_by_score, 2U);
}

TEST(ChoicesReport, falls_back_to_the_score_where_no_person_chose) {
    StoryBuilder builder(4);
    builder.offer().choose(1, "", "score");
    const auto log = log_of(builder);
    EXPECT_TRUE(report_choices(log, {}).is_fallback);
    EXPECT_EQ(report_choices(log, {}).chooser, Chooser::score);
    EXPECT_EQ(report_choices(log, Chooser::person).n_compared, 0U);
}

TEST(ChoicesReport, counts_reasons_and_ratings_of_the_last_word) {
    StoryBuilder builder(4);
    builder.offer().choose(1);
    builder.last_choice().reason = "style, turn";
    builder.offer().choose(1);
    builder.last_choice().reason = "it was funny";
    auto& ratings = builder.story().ratings;
    const auto offer = builder.story().offers.front().id;
    ratings.push_back({offer, 1, -1, "", "a", {}});
    ratings.push_back({offer, 1, 1, "", "a", {}});
    ratings.push_back({offer, 2, -1, "", "a", {}});
    ratings.push_back({offer, 0, 1, "", "b", {}});
    ratings.push_back({offer, 0, 0, "", "b", {}});
    const auto report = report_choices(log_of(builder), {});
    const auto n = [&](const std::string& name) {
        for (const auto& reason : report.reasons) {
            if (reason.name == name) return reason.n;
        }
        return std::size_t{99};
    };
    EXPECT_EQ(n("style"), 1U);
    EXPECT_EQ(n("turn"), 1U);
    EXPECT_EQ(n("own words"), 1U);
    EXPECT_EQ(n("coherence"), 0U);
    EXPECT_EQ(n("none"), 0U);
    EXPECT_EQ(report.ratings.up_picked, 1U);
    EXPECT_EQ(report.ratings.down_picked, 0U);
    EXPECT_EQ(report.ratings.down_others, 1U);
    EXPECT_EQ(report.ratings.up_others, 0U);
}

TEST(ChoicesReport, keeps_tokens_that_all_stay_in_play_off_the_axis) {
    StoryBuilder builder(4);
    builder.offer();
    builder.story().offers.back().candidates[1].settings.top_k = 0;
    builder.choose(1);
    const auto report = report_choices(log_of(builder), {});
    EXPECT_TRUE(report.plane.has_all);
    EXPECT_EQ(report.settings[1].steps[0].shown.size(), 2U);
    EXPECT_EQ(report.settings[1].steps[0].picked.size(), 0U);
    std::size_t shown = 0;
    std::size_t in_all = 0;
    for (std::size_t i = 0; i < report.plane.cells.size(); ++i) {
        shown += report.plane.cells[i].n_shown;
        if ((i + 1) % report.plane.n_columns() == 0) in_all += report.plane.cells[i].n_picked;
    }
    EXPECT_EQ(shown, 3U);
    EXPECT_EQ(in_all, 1U);
}

TEST(ReportPage, gives_no_figure_for_one_choice_and_can_be_written_of_none) {
    StoryBuilder builder(4);
    builder.offer().choose(1);
    const auto page = report_as_page(report_choices(log_of(builder), {}), Timestamp{});
    EXPECT_NE(page.find("too few"), std::string::npos);
    EXPECT_EQ(page.find("class=\"effect"), std::string::npos);
    EXPECT_EQ(page.find("nan"), std::string::npos);
    const auto empty = report_as_page(report_choices({}, {}), Timestamp{});
    EXPECT_NE(empty.find("</html>"), std::string::npos);
    EXPECT_EQ(empty.find("nan"), std::string::npos);
}

}  // namespace
}  // namespace fabula::evaluate
