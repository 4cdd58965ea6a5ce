// SPDX-License-Identifier: 0BSD
// A file of somebody else's data, cut into documents: JSON values one after another or in one list,
// on a line each or spread over many, and rows of CSV. What is damaged is told with its line, and
// reading goes on behind it.
#pragma once

#include "exchange/import_value.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace fabula::exchange {

/// What a file is written in. candidates: JSON lines as `fabula story export --format jsonl` writes
/// them.
enum class Format { json, csv, candidates };

/// "json", "csv", "candidates". Errors of the second: invalid_input, naming the known ones.
const char* name_of(Format format);
Result<Format> format_named(std::string_view name);

struct Document {
    std::size_t line = 1;  // where it begins, from 1
    Result<Value> value;   // or what is wrong with it
};

class Documents {
public:
    Documents(const Documents&) = delete;
    Documents& operator=(const Documents&) = delete;
    virtual ~Documents() = default;

    /// The next one, in the order of the file; empty behind the last.
    virtual std::optional<Document> next() = 0;
    /// How many bytes of the file were looked at.
    virtual std::size_t position() const = 0;

protected:
    Documents() = default;
};

/// JSON. A document that is damaged ends where a line begins as the first document's line began;
/// what stands between there and the damage is lost, the rest is read.
std::unique_ptr<Documents> json_documents(std::string text);

/// CSV (RFC 4180) with a first row of names; the cells are separated by commas, or by semicolons or
/// tabs where the first row has more of those. Each row is an object from name to text, without
/// the cells that are empty and not quoted. A row that is damaged and spans several lines is left
/// behind its first line. Source: Shafranovich, "Common Format and MIME Type for Comma-Separated
/// Values (CSV) Files", RFC 4180, 2005; ours takes a line feed alone as the end of a row, too.
/// Errors: invalid_input for a first row that is damaged, empty or has a name twice.
Result<std::unique_ptr<Documents>> csv_documents(std::string text);

/// What `text` seems to be written in, by its first bytes.
Format format_of(std::string_view text);

/// `text` without a UTF-8 byte order mark. Errors: invalid_input for UTF-16.
Result<std::string> without_mark(std::string text);

}  // namespace fabula::exchange
