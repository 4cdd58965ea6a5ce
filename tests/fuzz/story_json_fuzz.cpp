// SPDX-License-Identifier: 0BSD
// A story from foreign JSON: never a crash, and what is accepted comes back unchanged from being
// written and read again. Seeds: corpus/story_json. Most mutations move, copy, drop and replace
// whole JSON values, so that most inputs get past the parser.
#include "store/story_json.h"

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
    unsigned long passed = 0;  // JSON of our format and version
    unsigned long accepted = 0;

    Counts() = default;
    Counts(const Counts&) = delete;
    Counts& operator=(const Counts&) = delete;
    ~Counts() {
        std::fprintf(stderr, "first check: %lu of %lu passed\n", passed, seen);
        std::fprintf(stderr, "accepted: %lu\n", accepted);
    }
};

bool is_first_check(std::string_view refusal) {
    for (const std::string_view start : {"story: not JSON", "story: format:", "story: version:",
                                         "story: nested", "story: key '"}) {
        if (refusal.starts_with(start)) return true;
    }
    return false;
}

enum class Kind { text, number, word, list, object };

/// A value in what is more or less JSON; members' keys are none.
struct Value {
    std::size_t begin = 0;
    std::size_t end = 0;
    Kind kind = Kind::word;
    bool is_item = false;  // of a list
};

std::size_t end_of_text(std::string_view json, std::size_t at) {
    std::size_t end = at + 1;
    while (end < json.size() && json[end] != '"')
        end += json[end] == '\\' ? 2 : 1;
    return std::min(end + 1, json.size());
}

bool is_key(std::string_view json, std::size_t end) {
    const std::size_t next = json.find_first_not_of(" \n\t", end);
    return next != std::string_view::npos && json[next] == ':';
}

Kind kind_of(char first) {
    switch (first) {
        case '"':
            return Kind::text;
        case '{':
            return Kind::object;
        case '[':
            return Kind::list;
        default:
            return first == '-' || (first >= '0' && first <= '9') ? Kind::number : Kind::word;
    }
}

std::vector<Value> values_of(std::string_view json) {
    constexpr std::string_view word = "+-.0123456789abcdefghijklmnopqrstuvwxyzE";
    std::vector<Value> values;
    std::vector<std::size_t> open;
    const auto add = [&](std::size_t begin, std::size_t end) {
        const bool is_item = !open.empty() && values[open.back()].kind == Kind::list;
        values.push_back({begin, end, kind_of(json[begin]), is_item});
    };
    for (std::size_t at = 0; at < json.size();) {
        const char c = json[at];
        std::size_t end = at + 1;
        if (c == '"') {
            end = end_of_text(json, at);
            if (!is_key(json, end)) add(at, end);
        } else if (c == '{' || c == '[') {
            add(at, json.size());
            open.push_back(values.size() - 1);
        } else if ((c == '}' || c == ']') && !open.empty()) {
            values[open.back()].end = end;
            open.pop_back();
        } else if (word.find(c) != std::string_view::npos) {
            end = std::min(json.find_first_not_of(word, at), json.size());
            add(at, end);
        }
        at = end;
    }
    return values;
}

constexpr std::array numbers{"0",
                             "1",
                             "2",
                             "3",
                             "-1",
                             "5",
                             "0.5",
                             "-0.0",
                             "1e-45",
                             "0.1",
                             "1e308",
                             "3.5e38",
                             "4294967295",
                             "2147483648",
                             "4294967296",
                             "1000000000",
                             "9007199254740993",
                             "18446744073709551615",
                             "18446744073709551616",
                             "-9223372036854775808",
                             "1.0",
                             "1e400",
                             "3.4028235e38"};
constexpr std::array texts{"\"\"",
                           "\"inf\"",
                           "\"-inf\"",
                           "\"nan\"",
                           "\"7\"",
                           "\"007\"",
                           "\"written\"",
                           "\"edited\"",
                           "\"opening\"",
                           "\"generated\"",
                           "\"undo\"",
                           "\"jump\"",
                           "\"start\"",
                           "\"choice\"",
                           "\"edit\"",
                           "\"\\u0000\"",
                           "\"\\ud83d\\ude00\"",
                           "\"\\n\"",
                           "\" She ran.\"",
                           "\"18446744073709551615\"",
                           "null",
                           "true",
                           "[]",
                           "{}"};

/// The value alone, or with the comma that must go with it out of its list.
void drop_item(std::string& json, const Value& value) {
    std::size_t begin = value.begin;
    std::size_t end = json.find_first_not_of(" \n\t", value.end);
    const std::size_t before =
        begin == 0 ? std::string::npos : json.find_last_not_of(" \n\t", begin - 1);
    if (end != std::string::npos && json[end] == ',') {
        ++end;
    } else {
        end = value.end;
        if (before != std::string::npos && json[before] == ',') begin = before;
    }
    json.erase(begin, end - begin);
}

using Pick = std::minstd_rand;

std::size_t below(Pick& random, std::size_t limit) {
    return random() % limit;
}

void replace_scalar(std::string& json, const Value& value, Pick& random) {
    std::string with = texts[below(random, texts.size())];
    if (value.kind == Kind::number && below(random, 8) != 0) {
        with = numbers[below(random, numbers.size())];
        const std::string old = json.substr(value.begin, value.end - value.begin);
        // Small steps find the neighbours of indices and lengths.
        if (below(random, 2) == 0 && old.size() < 10 &&
            old.find_first_of(".eE") == std::string::npos) {
            with = std::to_string(std::strtol(old.c_str(), nullptr, 10) +
                                  static_cast<long>(below(random, 5)) - 2);
        }
    }
    json.replace(value.begin, value.end - value.begin, with);
}

void mutate(std::string& json, Pick& random) {
    const std::vector<Value> values = values_of(json);
    if (values.size() < 4) return;
    // Never the document itself; its format and version, the first two values in it, seldom.
    const std::size_t first = below(random, 64) == 0 ? 1 : 3;
    const Value& value = values[first + below(random, values.size() - first)];
    const Value& other = values[first + below(random, values.size() - first)];
    const std::string copy = json.substr(other.begin, other.end - other.begin);
    const bool is_scalar = value.kind != Kind::list && value.kind != Kind::object;
    switch (below(random, 8)) {
        case 0:
            if (value.is_item) drop_item(json, value);
            break;
        case 1:
            if (value.is_item) {
                const std::string again = json.substr(value.begin, value.end - value.begin);
                json.insert(value.begin, again + ",");
            }
            break;
        case 2:
            if (value.is_item && value.kind == other.kind) json.insert(value.begin, copy + ",");
            break;
        case 3:
        case 4:
            if (value.kind == other.kind) json.replace(value.begin, value.end - value.begin, copy);
            break;
        default:
            if (is_scalar) replace_scalar(json, value, random);
            break;
    }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
    Pick random(seed);
    if (size == 0 || below(random, 40) == 0) return LLVMFuzzerMutate(data, size, max_size);
    std::string json(reinterpret_cast<const char*>(data), size);
    for (int n = below(random, 4) == 0 ? 3 : 1; n > 0; --n)
        mutate(json, random);
    if (json.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
    std::copy(json.begin(), json.end(), data);
    return json.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fabula::store;
    static Counts counts;
    const auto story = story_from_json(std::string_view(reinterpret_cast<const char*>(data), size));
    const std::string refusal = story ? "" : story.error().message;
    ++counts.seen;
    counts.passed += is_first_check(refusal) ? 0U : 1U;
    if (!story) {
        // A refusal says why, on one line.
        if (refusal.empty() || refusal.find('\n') != std::string::npos) std::abort();
        return 0;
    }
    ++counts.accepted;
    const std::string written = to_json(*story);
    const auto again = story_from_json(written);
    if (!again || !(*again == *story) || to_json(*again) != written) std::abort();
    return 0;
}
// NOLINTEND(readability-identifier-naming)
