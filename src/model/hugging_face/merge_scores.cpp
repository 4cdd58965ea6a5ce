// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/merge_scores.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_map>

namespace fabula::model::hugging_face {
namespace {

using Numbers = std::unordered_map<std::string_view, std::size_t>;

Numbers numbers_of(std::span<const std::string_view> tokens) {
    Numbers numbers;
    numbers.reserve(tokens.size());
    for (std::size_t i = 0; i < tokens.size(); ++i)
        numbers.emplace(tokens[i], i);
    return numbers;
}

bool begins_a_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

/// Calls `take` with each way to cut `token` between characters.
template <typename Take>
void each_cut(std::string_view token, Take take) {
    for (std::size_t at = 1; at < token.size(); ++at) {
        if (begins_a_character(token[at])) take(token.substr(0, at), token.substr(at));
    }
}

bool is_one_character(std::string_view text) {
    return std::ranges::count_if(text, begins_a_character) == 1;
}

/// In how many ways two neighbours become `token`: each of them a token, or a single character,
/// which llama.cpp begins with whether it is a token or not.
std::size_t n_ways(std::string_view token, const Numbers& numbers) {
    std::size_t n = 0;
    each_cut(token, [&](std::string_view left, std::string_view right) {
        const auto stands = [&](std::string_view part) {
            return numbers.contains(part) || is_one_character(part);
        };
        if (stands(left) && stands(right)) ++n;
    });
    return n;
}

Error no_merge(const std::string& left, const std::string& right) {
    return Error{ErrorCode::corrupt,
                 "merge '" + left + " " + right + "' is not one of three tokens"};
}

/// The place of each token among those that merges make, and how many merges make it.
struct Places {
    std::vector<std::optional<std::size_t>> place;
    std::vector<std::size_t> n_merges;
    std::size_t n_made = 0;
};

Result<Places> places_of(std::span<const std::string_view> tokens, std::span<const Merge> merges,
                         const Numbers& numbers) {
    Places places;
    places.place.resize(tokens.size());
    places.n_merges.resize(tokens.size());
    for (const auto& [left, right] : merges) {
        const std::string whole = left + right;
        const auto made = numbers.find(whole);
        if (made == numbers.end() || !numbers.contains(left) || !numbers.contains(right)) {
            return no_merge(left, right);
        }
        auto& place = places.place[made->second];
        if (place && *place + 1 != places.n_made) {
            return Error{ErrorCode::invalid_input,
                         "the merges that make '" + whole +
                             "' do not stand together: no order of tokens says the same"};
        }
        if (!place) place = places.n_made++;
        ++places.n_merges[made->second];
    }
    return places;
}

}  // namespace

Result<std::vector<float>> scores_of(std::span<const std::string_view> tokens,
                                     std::span<const Merge> merges) {
    const Numbers numbers = numbers_of(tokens);
    const auto places = places_of(tokens, merges, numbers);
    if (!places) return places.error();
    std::vector<float> scores(tokens.size());
    std::size_t n_others = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (n_ways(tokens[i], numbers) != places->n_merges[i]) {
            return Error{ErrorCode::invalid_input,
                         "not all pairs that make '" + std::string(tokens[i]) +
                             "' are among the merges: no order of tokens says the same"};
        }
        const auto place = places->place[i];
        const std::size_t behind = place ? *place : places->n_made + n_others++;
        scores[i] = -static_cast<float>(behind);
    }
    return scores;
}

std::vector<Merge> merges_of(std::span<const std::string_view> tokens,
                             std::span<const float> scores) {
    const Numbers numbers = numbers_of(tokens);
    std::vector<std::size_t> order(tokens.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::ranges::stable_sort(order,
                             [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    std::vector<Merge> merges;
    for (const std::size_t i : order) {
        each_cut(tokens[i], [&](std::string_view left, std::string_view right) {
            if (numbers.contains(left) && numbers.contains(right)) merges.emplace_back(left, right);
        });
    }
    return merges;
}

}  // namespace fabula::model::hugging_face
