// SPDX-License-Identifier: 0BSD
// The models that are known by name: where each comes from, under which licence, and how to tell
// that it is the right one. Values only; fetching is done elsewhere.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::model {

enum class ModelForm { gguf, llama2c };

/// One piece of a model's bytes: a file in an npm package, or (package "") a file of the person's
/// own.
struct CataloguePiece {
    std::string package;  // "name@version"
    std::string path;
};

/// Bytes [begin, end) of a model's joined pieces.
struct CatalogueRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::string sha256;
};

struct CatalogueEntry {
    std::string name;  // what a person types
    std::string title;
    ModelForm form = ModelForm::gguf;
    std::string architecture;
    std::vector<CataloguePiece> pieces;        // joined in this order
    std::uint64_t size_bytes = 0;              // of the whole
    std::string sha256;                        // of the whole, hex
    std::optional<CatalogueRange> checkpoint;  // both for llama2c, neither for gguf
    std::optional<CatalogueRange> tokenizer;
    std::string licence;  // SPDX
    std::string notes;

    /// Whether each piece can be fetched from where it names.
    bool can_fetch() const;
};

/// The catalogue that was built in. Its text is part of the program: it is parsed once and is
/// always sound.
const std::vector<CatalogueEntry>& catalogue();

/// The entry of that name (letter case aside), or nullptr.
const CatalogueEntry* known_model(std::string_view name);

/// Reads a catalogue. Errors: corrupt: "catalogue: model 3: ..." with what is missing.
Result<std::vector<CatalogueEntry>> parse_catalogue(std::string_view toml);

}  // namespace fabula::model
