// SPDX-License-Identifier: 0BSD
#include "sample/pattern_beginnings.h"

#include "base/utf8.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace fabula::sample {
namespace {

constexpr int most_depth = 200;

// A part of a pattern, written twice: as it is and for its beginnings.
struct Part {
    std::string whole;
    std::string beginnings;
};

struct Repeat {
    int least = 1;
    int most = 1;      // -1: without end
    std::string mark;  // "*", "{2,5}?", ...
};

// A recursive descent over one pattern. `failed_` is set once and ends it.
class Reader {
public:
    explicit Reader(std::string_view pattern) : rest_(pattern) {}

    std::optional<Part> read() {
        Part part = alternatives();
        if (failed_ || !rest_.empty()) return {};
        return part;
    }

private:
    // One alternative, or a group's flags, or an item of a concatenation.
    struct Item {
        Part part;
        bool is_flags = false;      // (?i): holds until the group ends
        bool is_assertion = false;  // takes no character
    };

    bool takes(std::string_view text) {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }

    std::string take(std::size_t n) {
        std::string taken(rest_.substr(0, n));
        rest_.remove_prefix(taken.size());
        return taken;
    }

    Part alternatives() {
        if (++depth_ > most_depth) failed_ = true;
        Part all;
        std::string flags;  // of the alternatives before: they hold in those behind, too
        while (!failed_) {
            const Part one = concatenation(flags);
            all.whole += one.whole;
            all.beginnings += one.beginnings;
            if (!takes("|")) break;
            all.whole += '|';
            all.beginnings += '|';
        }
        --depth_;
        return {"(?:" + all.whole + ")", "(?:" + all.beginnings + ")"};
    }

    Part concatenation(std::string& flags) {
        std::vector<Item> items;
        const std::string inherited = flags;
        while (!failed_ && !rest_.empty() && rest_.front() != '|' && rest_.front() != ')') {
            if (takes("\\Q")) {
                quoted(items);
                continue;
            }
            items.push_back(item());
            if (items.back().is_flags) flags += items.back().part.whole;
        }
        Part all;
        for (const auto& each : items)
            all.whole += each.part.whole;
        std::size_t n_open = 0;
        for (const auto& each : items) {
            if (each.is_flags || each.is_assertion) {
                all.beginnings += each.is_flags ? each.part.whole : "(?:|" + each.part.whole;
                n_open += each.is_flags ? 0 : 1;
            } else {
                all.beginnings += "(?:" + each.part.beginnings + "|" + each.part.whole;
                ++n_open;
            }
        }
        all.beginnings.append(n_open, ')');
        return {inherited + all.whole, inherited + all.beginnings};
    }

    Item item() {
        Item one = atom();
        if (one.is_flags || failed_) return one;
        for (auto repeat = repetition(); repeat; repeat = repetition())
            apply(*repeat, one);
        return one;
    }

    static void apply(const Repeat& repeat, Item& one) {
        Part& part = one.part;
        const std::string grouped = "(?:" + part.whole + ")";
        std::string before;  // the rounds that are complete when the last one begins
        if (repeat.most < 0)
            before = grouped + "*";
        else if (repeat.most > 1)
            before = grouped + "{0," + std::to_string(repeat.most - 1) + "}";
        part.beginnings = repeat.most == 0 ? "" : before + "(?:" + part.beginnings + ")";
        part.whole = grouped + repeat.mark;
        if (one.is_assertion) one.is_assertion = repeat.least > 0;
        if (!one.is_assertion && part.beginnings.empty()) part.beginnings = "(?:)";
    }

    std::optional<Repeat> repetition() {
        Repeat repeat;
        if (takes("*"))
            repeat = {0, -1, "*"};
        else if (takes("+"))
            repeat = {1, -1, "+"};
        else if (takes("?"))
            repeat = {0, 1, "?"};
        else if (!counted(repeat))
            return {};
        if (takes("?")) repeat.mark += '?';
        return repeat;
    }

    // {n}, {n,} or {n,m}; anything else that begins with a brace stands for itself.
    bool counted(Repeat& repeat) {
        const auto end = rest_.find('}');
        if (!rest_.starts_with('{') || end == std::string_view::npos) return false;
        const auto inside = rest_.substr(1, end - 1);
        const auto comma = inside.find(',');
        const auto least = number(inside.substr(0, comma));
        if (!least) return false;
        repeat.least = repeat.most = *least;
        if (comma != std::string_view::npos) {
            const auto most = inside.substr(comma + 1);
            if (!most.empty() && !number(most)) return false;
            repeat.most = number(most).value_or(-1);
        }
        repeat.mark = take(end + 1);
        return true;
    }

    static std::optional<int> number(std::string_view digits) {
        const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
        int value = 0;
        const char* const end = digits.data() + digits.size();
        if (!std::all_of(digits.begin(), digits.end(), is_digit)) return {};
        const auto read = std::from_chars(digits.data(), end, value);
        if (read.ec != std::errc{}) return {};
        return value;
    }

    static Item one_character(const std::string& whole) {
        return {{whole, whole + "?"}, false, false};
    }

    static Item assertion(const std::string& whole) { return {{whole, ""}, false, true}; }

    Item failure() {
        failed_ = true;
        return {};
    }

    Item atom() {
        const char c = rest_.front();
        if (c == '(') return group();
        if (c == '[') return character_class();
        if (c == '\\') return escape();
        if (c == '^' || c == '$') return assertion(take(1));
        return takes("{") ? one_character("\\{") : one_character(take_character());
    }

    std::string take_character() {
        std::size_t end = 0;
        next_character(rest_, end);
        return take(end);
    }

    Item group() {
        rest_.remove_prefix(1);
        if (takes("?P<") || takes("?<")) {
            const auto end = rest_.find('>');
            if (end == std::string_view::npos) return failure();
            rest_.remove_prefix(end + 1);
            return closed("");
        }
        if (!takes("?")) return closed("");
        const auto end = rest_.find_first_not_of("imsU-");
        if (end == std::string_view::npos) return failure();
        const std::string flags = take(end);
        if (takes(")")) return {{"(?" + flags + ")", ""}, true, false};
        if (!takes(":")) return failure();
        return closed(flags.empty() ? "" : "(?" + flags + ")");
    }

    Item closed(const std::string& flags) {
        Item one{alternatives(), false, false};
        if (!takes(")")) return failure();
        if (!flags.empty()) {
            one.part.whole = "(?:" + flags + one.part.whole + ")";
            one.part.beginnings = "(?:" + flags + one.part.beginnings + ")";
        }
        return one;
    }

    Item character_class() {
        std::size_t at = 1;
        if (at < rest_.size() && rest_[at] == '^') ++at;
        if (at < rest_.size() && rest_[at] == ']') ++at;  // the first one stands for itself
        while (at < rest_.size() && rest_[at] != ']') {
            if (rest_[at] == '\\') {
                at += 2;
            } else if (rest_.substr(at).starts_with("[:")) {
                const auto end = rest_.find(":]", at + 2);
                at = end == std::string_view::npos ? at + 1 : end + 2;
            } else {
                ++at;
            }
        }
        if (at >= rest_.size()) return failure();
        return one_character(take(at + 1));
    }

    Item escape() {
        if (rest_.size() < 2) return failure();
        const char c = rest_[1];
        if (c == 'b' || c == 'B' || c == 'A' || c == 'z') return assertion(take(2));
        if (c == 'C') return failure();  // a byte: part of a character
        if (c == 'p' || c == 'P' || c == 'x') return one_character(take_braced());
        if (c >= '0' && c <= '7') {
            std::size_t end = 2;
            while (end < 4 && end < rest_.size() && rest_[end] >= '0' && rest_[end] <= '7')
                ++end;
            return one_character(take(end));
        }
        const std::string slash = take(1);
        return one_character(slash + take_character());
    }

    // \pL, \p{Greek}, \x7F, \x{10FFFF}
    std::string take_braced() {
        if (rest_.size() > 2 && rest_[2] == '{') {
            const auto end = rest_.find('}');
            if (end == std::string_view::npos) failed_ = true;
            return take(end == std::string_view::npos ? rest_.size() : end + 1);
        }
        return take(rest_[1] == 'x' ? 4 : 3);
    }

    // Behind \Q every character stands for itself, up to \E or the end.
    void quoted(std::vector<Item>& items) {
        while (!rest_.empty() && !takes("\\E")) {
            const std::string c = take_character();
            const bool is_plain = c.size() > 1 || std::string_view("\\.+*?()|[]{}^$").find(c[0]) ==
                                                      std::string_view::npos;
            items.push_back(one_character(is_plain ? c : "\\" + c));
        }
        if (items.empty()) return;
        for (auto repeat = repetition(); repeat; repeat = repetition())
            apply(*repeat, items.back());
    }

    std::string_view rest_;
    int depth_ = 0;
    bool failed_ = false;
};

}  // namespace

std::optional<std::string> beginnings(std::string_view pattern) {
    auto part = Reader(pattern).read();
    if (!part) return {};
    return std::move(part->beginnings);
}

std::optional<std::string> without_captures(std::string_view pattern) {
    auto part = Reader(pattern).read();
    if (!part) return {};
    return std::move(part->whole);
}

}  // namespace fabula::sample
