// SPDX-License-Identifier: 0BSD
#include "model/catalogue.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cassert>
#include <cctype>
#include <set>
#include <utility>

namespace fabula::model {

extern const char* const catalogue_text;  // made from catalogue.toml

namespace {

/// Reads one table; the first thing that is missing or wrong is kept.
class Entry {
public:
    explicit Entry(const toml::table& table) : table_(table) {}

    std::string text(const char* key) {
        auto value = table_[key].value<std::string>();
        if (!value || value->empty()) fail(std::string("no '") + key + "'");
        return value.value_or("");
    }
    std::string optional_text(const char* key) const {
        return table_[key].value<std::string>().value_or("");
    }
    std::uint64_t number(const char* key) {
        const auto value = table_[key].value<std::int64_t>();
        if (!value || *value < 0) fail(std::string("no '") + key + "'");
        return value && *value > 0 ? static_cast<std::uint64_t>(*value) : 0;
    }
    std::string hash(const char* key) {
        std::string value = text(key);
        const bool sound =
            value.size() == 64 && value.find_first_not_of("0123456789abcdef") == std::string::npos;
        if (!sound) fail(std::string("'") + key + "' is no sha256");
        return value;
    }
    const toml::table* table(const char* key) const { return table_[key].as_table(); }
    const toml::array* array(const char* key) const { return table_[key].as_array(); }

    void fail(const std::string& problem) {
        if (problem_.empty()) problem_ = problem;
    }
    const std::string& problem() const { return problem_; }

private:
    const toml::table& table_;
    std::string problem_;
};

std::vector<CataloguePiece> read_pieces(Entry& entry) {
    std::vector<CataloguePiece> pieces;
    const toml::array* const list = entry.array("pieces");
    if (list == nullptr || list->empty()) {
        entry.fail("no 'pieces'");
        return pieces;
    }
    for (const toml::node& node : *list) {
        const toml::table* const table = node.as_table();
        if (table == nullptr) {
            entry.fail("a piece is no table");
            return pieces;
        }
        Entry piece(*table);
        const std::string own = piece.optional_text("own");
        pieces.push_back(own.empty() ? CataloguePiece{piece.text("npm"), piece.text("path")}
                                     : CataloguePiece{"", own});
        entry.fail(piece.problem());
    }
    return pieces;
}

std::optional<CatalogueRange> read_range(Entry& entry, const char* key, std::uint64_t size_bytes) {
    const toml::table* const table = entry.table(key);
    if (table == nullptr) return std::nullopt;
    Entry range(*table);
    CatalogueRange read{range.number("begin"), range.number("end"), range.hash("sha256")};
    if (read.begin >= read.end || read.end > size_bytes) {
        range.fail(std::string("'") + key + "' is no part of the whole");
    }
    entry.fail(range.problem());
    return read;
}

CatalogueEntry read_entry(Entry& entry) {
    CatalogueEntry read;
    read.name = entry.text("name");
    read.title = entry.text("title");
    const std::string form = entry.text("form");
    if (form != "gguf" && form != "llama2c") entry.fail("form '" + form + "'");
    read.form = form == "llama2c" ? ModelForm::llama2c : ModelForm::gguf;
    read.architecture = entry.text("architecture");
    read.pieces = read_pieces(entry);
    read.size_bytes = entry.number("size_bytes");
    read.sha256 = entry.hash("sha256");
    read.checkpoint = read_range(entry, "checkpoint", read.size_bytes);
    read.tokenizer = read_range(entry, "tokenizer", read.size_bytes);
    const bool is_llama2c = read.form == ModelForm::llama2c;
    if (read.checkpoint.has_value() != is_llama2c || read.tokenizer.has_value() != is_llama2c) {
        entry.fail("a checkpoint and a tokenizer are for llama2c, and only for it");
    }
    read.licence = entry.text("licence");
    read.notes = entry.optional_text("notes");
    return read;
}

Result<std::vector<CatalogueEntry>> entries_of(const toml::table& root) {
    std::vector<CatalogueEntry> entries;
    const toml::array* const models = root["model"].as_array();
    if (models == nullptr) return Error{ErrorCode::corrupt, "catalogue: no models"};
    std::set<std::string> names;
    for (const toml::node& node : *models) {
        const std::string who = "catalogue: model " + std::to_string(entries.size() + 1) + ": ";
        const toml::table* const table = node.as_table();
        if (table == nullptr) return Error{ErrorCode::corrupt, who + "no table"};
        Entry entry(*table);
        entries.push_back(read_entry(entry));
        if (!names.insert(entries.back().name).second) entry.fail("its name comes twice");
        if (!entry.problem().empty()) return Error{ErrorCode::corrupt, who + entry.problem()};
    }
    return entries;
}

}  // namespace

bool CatalogueEntry::can_fetch() const {
    return std::ranges::none_of(pieces, [](const CataloguePiece& p) { return p.package.empty(); });
}

const std::vector<CatalogueEntry>& catalogue() {
    static const std::vector<CatalogueEntry> entries = [] {
        auto parsed = parse_catalogue(catalogue_text);
        assert(parsed);  // a test holds the built-in text to it
        return std::move(parsed).value();
    }();
    return entries;
}

const CatalogueEntry* known_model(std::string_view name) {
    const auto same = [name](const CatalogueEntry& entry) {
        return std::ranges::equal(entry.name, name, [](unsigned char a, unsigned char b) {
            return std::tolower(a) == std::tolower(b);
        });
    };
    const auto& entries = catalogue();
    const auto found = std::ranges::find_if(entries, same);
    return found == entries.end() ? nullptr : &*found;
}

Result<std::vector<CatalogueEntry>> parse_catalogue(std::string_view toml) {
    try {
        return entries_of(toml::parse(toml));
    } catch (const toml::parse_error& problem) {
        return Error{ErrorCode::corrupt, "catalogue: line " +
                                             std::to_string(problem.source().begin.line) + ": " +
                                             std::string(problem.description())};
    }
}

}  // namespace fabula::model
