// SPDX-License-Identifier: 0BSD
// What the fields of somebody else's data are called: for each thing that a history has, the paths
// at which it may lie. Data; it reads nothing.
#pragma once

#include "exchange/import_documents.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fabula::exchange {

/// Paths as `find` takes them, of which the first that leads to something counts; none: the data
/// have no such thing.
using Paths = std::vector<std::string>;

/// Where things lie. What an offer has is looked for in the step, then in the document around it;
/// what a candidate has, in the candidate alone. Without `steps` a document is an offer, and
/// without `candidates` a candidate; offers are then put together by `story`.
struct FieldMap {
    // a story, in the document
    Paths id{"_id", "id"};
    Paths story;
    Paths prompt;
    Paths title;
    Paths seed;
    Paths steps;
    // an offer
    Paths step;
    Paths parent;  // one name for all offers behind one passage
    Paths offer;   // one name for all candidates of an offer at one place
    Paths input;
    Paths prompt_ids;
    Paths candidates;
    Paths user;
    Paths chooser;
    Paths reason;
    Paths seconds;
    Paths created;
    Paths model;
    Paths model_hash;
    Paths backend;
    // a candidate
    Paths text;
    Paths picked;    // of a candidate whether it was, of an offer which one was
    Paths position;  // its place on the screen
    Paths token_ids;
    Paths logprobs_model;
    Paths logprobs;
    Paths entropies;
    Paths ranks;
    Paths policy;
    Paths propensity;
    Paths stream;
    Paths ending;
    Paths score;
    Paths copied_share;
    Paths drawn_in;  // seconds
    /// An object that names settings as Fabula does ("." is the candidate itself, of which only
    /// numbers are read), and settings by their names, which count more.
    Paths settings_object;
    std::vector<std::pair<std::string, Paths>> settings;
    /// What the first candidate is called where `picked` is a number.
    std::size_t first_index = 0;
};

/// The names that are used where nobody gives others.
FieldMap standard_map(Format format);

/// One thing that a map may name.
struct MapKey {
    const char* name;
    Paths FieldMap::*paths;
};
std::span<const MapKey> map_keys();

/// Reads a map: a JSON object from the names above to a path or a list of paths; "settings" to a
/// path, or to an object from names of settings to paths; "first_index" to 0 or 1. What it does not
/// name is not looked for, `id` excepted. Errors: invalid_input, naming the key. Never throws.
Result<FieldMap> map_from_json(std::string_view json);

}  // namespace fabula::exchange
