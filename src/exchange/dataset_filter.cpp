// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_filter.h"

#include "exchange/dataset_line.h"
#include "sample/nearest.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string_view>

namespace fabula::exchange {
namespace {

constexpr std::array<std::string_view, 7> keys{"story",   "model", "policy", "user",
                                               "chooser", "since", "until"};

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
    Number number{};
    const auto end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (text.empty() || read.ec != std::errc{} || read.ptr != end) return {};
    return number;
}

Error no_value(const std::string& key, const std::string& value, const std::string& wanted) {
    return {ErrorCode::invalid_input, "filter " + key + "=" + value + ": " + wanted};
}

}  // namespace

Result<Timestamp> day_named(const std::string& text) {
    namespace chrono = std::chrono;
    const Error refused{ErrorCode::invalid_input,
                        "'" + text + "' is no day: write it as 2026-01-31"};
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return refused;
    const auto year_number = number_in<unsigned>(std::string_view(text).substr(0, 4));
    const auto month_number = number_in<unsigned>(std::string_view(text).substr(5, 2));
    const auto day_number = number_in<unsigned>(std::string_view(text).substr(8, 2));
    if (!year_number || !month_number || !day_number) return refused;
    const chrono::year_month_day date{chrono::year(static_cast<int>(*year_number)),
                                      chrono::month(*month_number), chrono::day(*day_number)};
    if (!date.ok()) return refused;
    const auto since =
        chrono::duration_cast<chrono::milliseconds>(chrono::sys_days(date).time_since_epoch());
    return static_cast<Timestamp>(since.count());
}

Result<Filter> Filter::of(const std::vector<std::string>& words) {
    Filter filter;
    for (const auto& word : words) {
        if (const auto added = filter.add(word); !added) return added.error();
    }
    return filter;
}

Result<Unit> Filter::add(const std::string& word) {
    const auto equals = word.find('=');
    const std::string key = word.substr(0, equals);
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
        return sample::unknown_name("filter", key, keys);
    if (equals == std::string::npos || equals + 1 == word.size())
        return Error{ErrorCode::invalid_input,
                     "filter '" + word + "' has no value: write " + key + "=VALUE"};
    for (std::size_t at = equals + 1; at <= word.size();) {
        const std::size_t comma = std::min(word.find(',', at), word.size());
        if (const auto added = add_value(key, word.substr(at, comma - at)); !added) return added;
        at = comma + 1;
    }
    if (!described_.empty()) described_ += "; ";
    described_ += key == "user" ? key : word;
    return Unit{};
}

Result<Unit> Filter::add_value(const std::string& key, const std::string& value) {
    if (value.empty()) return no_value(key, value, "an empty value");
    if (key == "model") models_.insert(value);
    if (key == "policy") policies_.insert(value);
    if (key == "user") users_.insert(value);
    if (key == "story") {
        const auto number = number_in<std::int64_t>(value);
        if (!number || *number < 1)
            return no_value(key, value, "`fabula story list` has the numbers of stories");
        stories_.insert(*number);
    }
    if (key == "chooser") {
        const auto chooser = chooser_named(value);
        if (!chooser || *chooser == Chooser::any)
            return no_value(key, value, "choosers are person and score");
        choosers_.insert(value);
    }
    if (key == "since" || key == "until") {
        auto& bound = key == "since" ? since_ : until_;
        const auto day = day_named(value);
        if (!day) return no_value(key, value, day.error().message);
        if (bound) return no_value(key, value, "given twice");
        bound = *day;
    }
    return Unit{};
}

bool Filter::takes_story(store::StoryId story) const {
    return stories_.empty() || stories_.contains(static_cast<std::int64_t>(story));
}

bool Filter::takes_offer(const store::OfferRecord& offer, const store::ChoiceRecord* choice) const {
    if (!models_.empty() && !models_.contains(offer.model)) return false;
    if (since_ && offer.created < *since_) return false;
    if (until_ && offer.created >= *until_) return false;
    if (!users_.empty() && (choice == nullptr || !users_.contains(choice->user))) return false;
    if (!choosers_.empty() && (choice == nullptr || !choosers_.contains(choice->chooser)))
        return false;
    return policies_.empty() ||
           std::any_of(offer.candidates.begin(), offer.candidates.end(),
                       [&](const auto& each) { return policies_.contains(each.policy); });
}

}  // namespace fabula::exchange
