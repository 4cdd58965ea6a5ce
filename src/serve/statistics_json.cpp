// SPDX-License-Identifier: 0BSD
#include "preference/score.h"
#include "serve/views.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <map>

namespace fabula::serve {
namespace {

using Json = nlohmann::ordered_json;

class Figures {
public:
    void add(double value) {
        ++n_;
        const double before = value - mean_;
        mean_ += before / static_cast<double>(n_);
        squares_ += before * (value - mean_);
    }

    Json to_value() const {
        if (n_ == 0) return {{"n", 0}, {"mean", nullptr}, {"sd", nullptr}};
        const double sd = n_ < 2 ? 0 : std::sqrt(squares_ / static_cast<double>(n_ - 1));
        return {{"n", n_}, {"mean", mean_}, {"sd", sd}};
    }

private:
    std::size_t n_ = 0;
    double mean_ = 0;
    double squares_ = 0;  // of the differences from the mean (Welford, Technometrics 4, 1962)
};

constexpr std::array names{"temperature", "top_k", "typical_p", "max_new_tokens"};

struct SettingFigures {
    std::array<Figures, names.size()> figures;

    void add(const sample::Settings& settings) {
        figures[0].add(settings.temperature);
        if (settings.top_k > 0) figures[1].add(settings.top_k);  // 0: all tokens, no small number
        figures[2].add(settings.typical_p);
        figures[3].add(settings.max_new_tokens);
    }

    Json to_value() const {
        Json value;
        for (std::size_t i = 0; i < names.size(); ++i)
            value[names[i]] = figures[i].to_value();
        return value;
    }
};

struct StepFigures {
    SettingFigures picked;
    SettingFigures shown;
};

// The last choice of an offer counts.
std::map<store::OfferId, const store::ChoiceRecord*> last_choices(const store::Story& story) {
    std::map<store::OfferId, const store::ChoiceRecord*> choices;
    for (const auto& choice : story.choices)
        choices[choice.offer] = &choice;
    return choices;
}

Json steps_of(const store::Story& story, std::size_t& n_picked) {
    std::map<std::size_t, StepFigures> steps;
    const auto choices = last_choices(story);
    for (const auto& offer : story.offers) {
        auto& step = steps[story.tree.step(offer.parent) + 1];
        const auto choice = choices.find(offer.id);
        for (const auto& candidate : offer.candidates) {
            step.shown.add(candidate.settings);
            if (choice == choices.end() || choice->second->index != candidate.index) continue;
            step.picked.add(candidate.settings);
            ++n_picked;
        }
    }
    Json list = Json::array();
    for (const auto& [number, step] : steps) {
        list.push_back(Json{{"step", number},
                            {"picked", step.picked.to_value()},
                            {"shown", step.shown.to_value()}});
    }
    return list;
}

// Of each passage on the way to where the story stands: how much of it stood there before.
Json repetition_of(const store::Story& story) {
    Json list = Json::array();
    const auto path = story.tree.path(story.head());
    if (!path) return list;
    std::string before;
    for (const auto id : *path) {
        const auto& text = story.tree.at(id).text;
        list.push_back(Json{{"passage", static_cast<std::uint32_t>(id)},
                            {"begin", before.size()},
                            {"end", before.size() + text.size()},
                            {"copied_share", preference::copied_share(before, text)}});
        before += text;
    }
    return list;
}

Json speed_of(const store::Story& story) {
    Json list = Json::array();
    for (const auto& offer : story.offers) {
        std::size_t tokens = 0;
        double seconds = 0;
        for (const auto& candidate : offer.candidates) {
            tokens += candidate.tokens.size();
            seconds = std::max(seconds, candidate.seconds);
        }
        Json each{{"offer", static_cast<std::int64_t>(offer.id)},
                  {"tokens", tokens},
                  {"seconds", seconds},
                  {"tokens_per_second", nullptr}};
        if (seconds > 0) each["tokens_per_second"] = static_cast<double>(tokens) / seconds;
        list.push_back(std::move(each));
    }
    return list;
}

std::size_t n_words(std::string_view text) {
    std::size_t n = 0;
    bool is_inside = false;
    for (const char c : text) {
        const bool is_space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        n += !is_space && !is_inside ? 1 : 0;
        is_inside = !is_space;
    }
    return n;
}

}  // namespace

std::string statistics_as_json(const StoryView& view) {
    const auto& story = view.story;
    std::size_t n_candidates = 0;
    for (const auto& offer : story.offers)
        n_candidates += offer.candidates.size();
    const auto text = story.tree.read(story.head());
    std::size_t n_picked = 0;
    Json steps = steps_of(story, n_picked);
    const Json value{{"steps", std::move(steps)},
                     {"repetition", repetition_of(story)},
                     {"speed", speed_of(story)},
                     {"totals",
                      {{"passages", story.passages.size()},
                       {"offers", story.offers.size()},
                       {"candidates", n_candidates},
                       {"picked", n_picked},
                       {"words", text ? n_words(*text) : 0}}}};
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace fabula::serve
