// SPDX-License-Identifier: 0BSD
#include "base/utf8.h"
#include "exchange/import_documents.h"

#include <algorithm>
#include <set>
#include <utility>

namespace fabula::exchange {
namespace {

Error invalid(std::string message) {
    return {ErrorCode::invalid_input, std::move(message)};
}

struct Cell {
    std::string text;
    bool is_quoted = false;
};

struct Row {
    std::vector<Cell> cells;
    std::string fault;  // "" for a sound one

    bool is_blank() const {
        return cells.size() == 1 && cells[0].text.empty() && !cells[0].is_quoted;
    }
};

/// Rows of cells, where they stand in the text.
class Rows {
public:
    explicit Rows(std::string text) : text_(std::move(text)) {}

    bool is_at_end() const { return at_ >= text_.size(); }
    std::size_t position() const { return at_; }
    void set_separator(char separator) { separator_ = separator; }
    const std::string& text() const { return text_; }

    Row next() {
        begin_ = at_;
        Row row;
        do {
            row.cells.emplace_back();
            row.fault = read(row.cells.back());
        } while (row.fault.empty() && take(separator_));
        if (row.fault.empty() && !is_at_end() && !take_line_end())
            row.fault = "text stands behind a closing quotation mark";
        return row;
    }

    /// The number of the line in which the last row began. Asked in ascending order.
    std::size_t line() {
        const auto begin = text_.begin();
        line_ +=
            static_cast<std::size_t>(std::count(begin + static_cast<std::ptrdiff_t>(counted_),
                                                begin + static_cast<std::ptrdiff_t>(begin_), '\n'));
        counted_ = begin_;
        return line_;
    }

    /// Goes to the line behind the first one of the last row, which was damaged. What is read twice
    /// has a bound; beyond it the row is left as a whole.
    void leave_damaged() {
        const std::size_t end = text_.find('\n', begin_);
        const std::size_t behind = end == std::string::npos ? text_.size() : end + 1;
        if (at_ <= behind) {
            at_ = behind;
            return;
        }
        reread_ += at_ - behind;
        if (reread_ <= 4 * text_.size()) at_ = behind;
    }

private:
    bool take(char c) {
        if (is_at_end() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    bool take_line_end() {
        const std::size_t before = at_;
        take('\r');
        if (take('\n') || is_at_end()) return true;
        at_ = before;
        return false;
    }

    std::string read(Cell& cell) {
        if (take('"')) {
            cell.is_quoted = true;
            return read_quoted(cell.text);
        }
        const std::size_t begin = at_;
        while (!is_at_end() && text_[at_] != separator_ && text_[at_] != '\n')
            ++at_;
        cell.text = text_.substr(begin, at_ - begin);
        if (cell.text.ends_with('\r') && (is_at_end() || text_[at_] == '\n')) cell.text.pop_back();
        return "";
    }

    std::string read_quoted(std::string& cell) {
        for (;;) {
            const std::size_t mark = text_.find('"', at_);
            const std::size_t end = std::min(mark, text_.size());
            if (end - at_ + cell.size() > most_document_bytes) {
                at_ = end;
                return "a cell is longer than 64 MiB";
            }
            cell.append(text_, at_, end - at_);
            at_ = end;
            if (!take('"')) return "a quotation mark is not closed";
            if (!take('"')) return "";
            cell += '"';
        }
    }

    std::string text_;
    char separator_ = ',';
    std::size_t at_ = 0;
    std::size_t begin_ = 0;  // of the last row
    std::size_t reread_ = 0;
    std::size_t line_ = 1;
    std::size_t counted_ = 0;
};

/// Of comma, semicolon and tab the one that the first row has most of.
char separator_of(const std::string& text) {
    std::size_t n[3] = {0, 0, 0};
    constexpr std::string_view separators = ",;\t";
    bool is_quoted = false;
    for (const char c : text) {
        if (c == '"') is_quoted = !is_quoted;
        if (c == '\n' && !is_quoted) break;
        const std::size_t which = separators.find(c);
        if (!is_quoted && which != std::string_view::npos) ++n[which];
    }
    return separators[static_cast<std::size_t>(std::max_element(n, n + 3) - n)];
}

class CsvDocuments final : public Documents {
public:
    CsvDocuments(Rows rows, std::vector<std::string> names)
        : rows_(std::move(rows)), names_(std::move(names)) {}

    std::optional<Document> next() override {
        while (!rows_.is_at_end()) {
            Row row = rows_.next();
            if (row.fault.empty() && row.is_blank()) continue;
            const std::size_t line = rows_.line();
            if (row.fault.empty()) row.fault = fault_of(row);
            if (row.fault.empty()) return Document{line, object_of(std::move(row))};
            rows_.leave_damaged();
            return Document{line, invalid(row.fault)};
        }
        return {};
    }

    std::size_t position() const override { return rows_.position(); }

private:
    std::string fault_of(const Row& row) const {
        if (row.cells.size() != names_.size())
            return std::to_string(row.cells.size()) + " cells where the first row has " +
                   std::to_string(names_.size());
        for (std::size_t i = 0; i < names_.size(); ++i) {
            if (!is_utf8(row.cells[i].text)) return "the cell of '" + names_[i] + "' is not UTF-8";
        }
        return "";
    }

    Value object_of(Row row) const {
        Value::Object object;
        for (std::size_t i = 0; i < names_.size(); ++i) {
            Cell& cell = row.cells[i];
            if (cell.text.empty() && !cell.is_quoted) continue;
            object.push_back({names_[i], Value{std::move(cell.text)}});
        }
        return Value{std::move(object)};
    }

    Rows rows_;
    std::vector<std::string> names_;
};

}  // namespace

Result<std::unique_ptr<Documents>> csv_documents(std::string text) {
    Rows rows(std::move(text));
    rows.set_separator(separator_of(rows.text()));
    if (rows.is_at_end()) return invalid("line 1: there is no row of names");
    const Row first = rows.next();
    if (!first.fault.empty()) return invalid("line 1, the row of names: " + first.fault);
    std::vector<std::string> names;
    std::set<std::string> known;
    for (const Cell& cell : first.cells) {
        if (!is_utf8(cell.text)) return invalid("line 1, the row of names: not UTF-8");
        if (!cell.text.empty() && !known.insert(cell.text).second)
            return invalid("line 1, the row of names: '" + cell.text + "' comes twice");
        names.push_back(cell.text);
    }
    if (known.empty()) return invalid("line 1, the row of names: there is no name in it");
    std::unique_ptr<Documents> documents =
        std::make_unique<CsvDocuments>(std::move(rows), std::move(names));
    return documents;
}

}  // namespace fabula::exchange
