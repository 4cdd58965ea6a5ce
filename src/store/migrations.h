// SPDX-License-Identifier: 0BSD
// The schema, as the numbered steps that lead to it: migration n takes schema n-1 to schema n, 0
// being an empty database. A migration that was ever released is never changed;
// docs/formats/store.md explains it.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace fabula::store {

struct Migration {
    std::vector<std::string> standard;       // SQL for every database
    std::vector<std::string> sqlite;         // what SQLite says in its own words: triggers
    std::vector<std::string> postgres = {};  // and PostgreSQL
};

/// All of them, the first is number 1.
std::span<const Migration> migrations();

}  // namespace fabula::store
