// SPDX-License-Identifier: 0BSD
#include "exchange/import_documents.h"

#include <algorithm>
#include <array>
#include <utility>

namespace fabula::exchange {
namespace {

struct NamedFormat {
    Format format;
    std::string_view name;
};

constexpr std::array formats{NamedFormat{Format::json, "json"}, NamedFormat{Format::csv, "csv"},
                             NamedFormat{Format::candidates, "candidates"}};

constexpr std::string_view blanks = " \t\r\n";

Error invalid(std::string message) {
    return {ErrorCode::invalid_input, std::move(message)};
}

/// Where a bracketed value ends, seen by its brackets and quotes alone.
struct Extent {
    std::size_t end = 0;
    const char* fault = nullptr;  // why there is no end, found at `end`
};

/// Follows one bracketed value.
class Brackets {
public:
    /// Takes a character; false once the value is closed or `fault` is set.
    bool take(char c) {
        if (is_in_text_) return take_in_text(c);
        switch (c) {
            case '"':
                is_in_text_ = true;
                return true;
            case '{':
            case '[':
                open_.push_back(c);
                if (open_.size() > most_document_depth) fault = "nested deeper than 64";
                return fault == nullptr;
            case '}':
            case ']':
                if (open_.back() != (c == '}' ? '{' : '['))
                    fault = "a bracket is closed that is not open";
                else
                    open_.pop_back();
                return fault == nullptr && !open_.empty();
            default:
                return true;
        }
    }
    const char* fault = nullptr;

private:
    bool take_in_text(char c) {
        if (c == '\n') fault = "a text is not closed";
        if (is_escaped_)
            is_escaped_ = false;
        else if (c == '\\')
            is_escaped_ = true;
        else if (c == '"')
            is_in_text_ = false;
        return fault == nullptr;
    }

    std::string open_;
    bool is_in_text_ = false;
    bool is_escaped_ = false;
};

class JsonDocuments final : public Documents {
public:
    explicit JsonDocuments(std::string text) : text_(std::move(text)) { enter_list(); }

    std::optional<Document> next() override {
        skip_separators();
        if (at_ >= text_.size()) return end_of_list();
        note_indent();
        if (text_[at_] != '{') return damaged("neither a document nor the end of a list");
        for (const bool stops_at_lines : {true, false}) {
            if (!stops_at_lines && n_vain_scans_ >= most_vain_scans) break;
            const Extent extent = scan(stops_at_lines);
            if (extent.fault != nullptr) {
                fault_ = extent.fault;
                if (!stops_at_lines) ++n_vain_scans_;
                continue;
            }
            auto value = value_from_json(std::string_view(text_).substr(at_, extent.end - at_));
            if (value) {
                const std::size_t begun = line();
                at_ = extent.end;
                return Document{begun, std::move(value)};
            }
            fault_ = value.error().message;
            break;
        }
        return damaged(fault_);
    }

    std::size_t position() const override { return at_; }

private:
    // Where nothing is indented, a line that begins like a document may be inside one: then all
    // that follows is looked at, which in vain is done this often.
    static constexpr int most_vain_scans = 8;

    void enter_list() {
        at_ = std::min(text_.find_first_not_of(blanks), text_.size());
        if (at_ == text_.size() || text_[at_] != '[') return;
        is_list_open_ = true;
        ++at_;
    }

    void skip_separators() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == ']' && is_list_open_)
                is_list_open_ = false;
            else if (c != ',' && blanks.find(c) == std::string_view::npos)
                return;
            ++at_;
        }
    }

    std::optional<Document> end_of_list() {
        if (!std::exchange(is_list_open_, false)) return {};
        return Document{line(), invalid("the list is not closed: the file ends before its end")};
    }

    /// Where the documents begin in their lines, by the first that begins one.
    void note_indent() {
        if (has_indent_) return;
        const std::size_t start = line_start(at_);
        if (text_.find_first_not_of(" \t", start) != at_) return;
        indent_ = text_.substr(start, at_ - start);
        has_indent_ = true;
    }

    std::size_t line_start(std::size_t place) const {
        const std::size_t before = place == 0 ? std::string::npos : text_.rfind('\n', place - 1);
        return before == std::string::npos ? 0 : before + 1;
    }

    /// Whether a document may begin in the line that begins at `start`.
    bool is_beginning(std::size_t start) const {
        std::size_t place = start;
        if (text_.compare(place, indent_.size(), indent_) != 0) return false;
        place += indent_.size();
        if (place < text_.size() && text_[place] == ',') ++place;
        return place < text_.size() && text_[place] == '{';
    }

    Extent scan(bool stops_at_lines) const {
        Brackets brackets;
        const std::size_t limit = std::min(text_.size(), at_ + most_document_bytes);
        for (std::size_t place = at_; place < limit; ++place) {
            if (!brackets.take(text_[place])) return {place + 1, brackets.fault};
            if (stops_at_lines && text_[place] == '\n' && is_beginning(place + 1))
                return {place, "it ends in the middle"};
        }
        return {limit, limit < text_.size() ? "longer than 64 MiB" : "it ends in the middle"};
    }

    Document damaged(const std::string& what) {
        const std::size_t begun = line();
        for (;;) {
            const std::size_t end = text_.find('\n', at_);
            at_ = end == std::string::npos ? text_.size() : end + 1;
            if (at_ == text_.size() || is_beginning(at_)) break;
        }
        if (at_ == text_.size()) is_list_open_ = false;  // the damage says it already
        return {begun, invalid(what)};
    }

    /// The number of the line of `at_`. Asked in ascending order.
    std::size_t line() {
        const auto begin = text_.begin();
        line_ +=
            static_cast<std::size_t>(std::count(begin + static_cast<std::ptrdiff_t>(counted_),
                                                begin + static_cast<std::ptrdiff_t>(at_), '\n'));
        counted_ = at_;
        return line_;
    }

    std::string text_;
    std::size_t at_ = 0;
    bool is_list_open_ = false;
    std::string indent_;  // of the lines in which documents begin
    bool has_indent_ = false;
    std::string fault_;
    int n_vain_scans_ = 0;
    std::size_t line_ = 1;
    std::size_t counted_ = 0;
};

}  // namespace

const char* name_of(Format format) {
    for (const auto& named : formats) {
        if (named.format == format) return named.name.data();
    }
    return "unknown";
}

Result<Format> format_named(std::string_view name) {
    for (const auto& named : formats) {
        if (named.name == name) return named.format;
    }
    return invalid("format '" + std::string(name) + "' is none of json, csv, candidates");
}

std::unique_ptr<Documents> json_documents(std::string text) {
    return std::make_unique<JsonDocuments>(std::move(text));
}

Format format_of(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return Format::json;
    if (text[first] != '{' && text[first] != '[') return Format::csv;
    // The keys that every line of ours has, in the first line.
    const std::string_view line = text.substr(first, text.find('\n', first) - first);
    for (const std::string_view key :
         {"\"story\":", "\"prompt_token_ids\":", "\"settings\":", "\"picked\":", "\"stream\":"}) {
        if (line.find(key) == std::string_view::npos) return Format::json;
    }
    return Format::candidates;
}

Result<std::string> without_mark(std::string text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
        return invalid("it is UTF-16: write it as UTF-8 (`iconv -f UTF-16 -t UTF-8`)");
    return text;
}

}  // namespace fabula::exchange
