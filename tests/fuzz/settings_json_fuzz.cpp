// SPDX-License-Identifier: 0BSD
// Settings from foreign JSON: never a crash, and what is accepted is valid and survives being
// written and read again unchanged. Seeds: corpus/settings_json. Few of the mutations change bytes;
// most replace a JSON value or key by another, so that most inputs get past the parser.
#include "sample/settings_json.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

// The names are libFuzzer's.
// NOLINTBEGIN(readability-identifier-naming)
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

struct Counts {
    unsigned long seen = 0;
    unsigned long passed = 0;

    Counts() = default;
    Counts(const Counts&) = delete;
    Counts& operator=(const Counts&) = delete;
    ~Counts() { std::fprintf(stderr, "first check: %lu of %lu passed\n", passed, seen); }
};

struct Spot {
    std::size_t begin;
    std::size_t end;
    bool is_text;
};

// Where texts and numbers stand in what is more or less JSON.
std::vector<Spot> spots_of(std::string_view json) {
    constexpr std::string_view number = "+-.0123456789eE";
    constexpr std::string_view number_start = "-0123456789";
    std::vector<Spot> spots;
    for (std::size_t at = 0; at < json.size();) {
        std::size_t end = at + 1;
        if (json[at] == '"') {
            while (end < json.size() && json[end] != '"')
                end += json[end] == '\\' ? 2 : 1;
            end = std::min(end + 1, json.size());
            spots.push_back({at, end, true});
        } else if (number_start.find(json[at]) != std::string_view::npos) {
            end = std::min(json.find_first_not_of(number, at), json.size());
            spots.push_back({at, end, false});
        }
        at = end;
    }
    return spots;
}

constexpr std::array<const char*, 24> numbers{
    "0",     "1",  "-1",   "2",    "0.5",        "1.0",        "-0.0",       "1e-7",
    "1e-6",  "10", "64",   "100",  "-100",       "1e6",        "1000000",    "1000001",
    "1e308", "-2", "0.05", "1e-9", "2147483647", "2147483648", "4294967297", "0.30000000000000004"};
constexpr std::array<const char*, 23> texts{"temperature",
                                            "top_k",
                                            "top_p",
                                            "min_p",
                                            "typical_p",
                                            "repetition_penalty",
                                            "bad_words",
                                            "bad_patterns",
                                            "stop",
                                            "order",
                                            "logit_bias",
                                            "frequency_penalty",
                                            "presence_penalty",
                                            "penalty_window",
                                            "penalties",
                                            "ignore_end",
                                            "0",
                                            "31999",
                                            "2147483647",
                                            "\\u00e9lan",
                                            "\\ud83d\\ude00",
                                            "follow on",
                                            "max_new_tokens"};
constexpr std::array<const char*, 9> members{R"("bad_patterns":["(?i)a{2,3}|\\bb[^c]"],)",
                                             R"("stop":["\n\n"],)",
                                             R"("bad_words":["heck","nay"],)",
                                             R"("logit_bias":{"7":-100},)",
                                             R"("order":["min_p"],)",
                                             R"("ignore_end":true,)",
                                             R"("top_k":40,)",
                                             R"("order":["top_p","top_k"],)",
                                             R"("penalty_window":0,)"};

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
    std::minstd_rand random(seed);
    const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    std::string json(reinterpret_cast<const char*>(data), size);
    const auto spots = spots_of(json);
    if (pick(24) == 0 || spots.empty()) return LLVMFuzzerMutate(data, size, max_size);
    const auto brace = json.find('{');
    if (pick(4) == 0 && brace != std::string::npos) {
        const auto next = json.find_first_not_of(" \n\t", brace + 1);
        std::string_view member = members[pick(members.size())];
        if (next != std::string::npos && json[next] == '}') member.remove_suffix(1);  // no comma
        json.insert(brace + 1, member);
    } else {
        const Spot spot = spots[pick(spots.size())];
        const std::string text = "\"" + std::string(texts[pick(texts.size())]) + "\"";
        const std::string value = spot.is_text ? text : numbers[pick(numbers.size())];
        json.replace(spot.begin, spot.end - spot.begin, value);
    }
    if (json.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
    std::copy(json.begin(), json.end(), data);
    return json.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fabula::sample;
    static Counts counts;
    const std::string_view json(reinterpret_cast<const char*>(data), size);
    const auto settings = settings_from_json(json);
    const std::string refusal = settings ? "" : settings.error().message;
    ++counts.seen;
    counts.passed += refusal.starts_with("settings: not ") ? 0U : 1U;
    if (!settings) {
        // A refusal says why, on one line.
        if (refusal.empty() || refusal.find('\n') != std::string::npos) std::abort();
        return 0;
    }
    if (!validate(*settings)) std::abort();
    const auto again = settings_from_json(to_json(*settings));
    if (!again || !(*again == *settings)) std::abort();
    return 0;
}
// NOLINTEND(readability-identifier-naming)
