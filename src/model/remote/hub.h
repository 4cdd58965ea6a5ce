// SPDX-License-Identifier: 0BSD
// A hub of models as Hugging Face has it: what a repository holds, and where each file is. The
// token goes to the hub and to nobody else, also where the hub sends on to another host.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::model {

struct Hub {
    std::string url = "https://huggingface.co";  // without a slash at the end
    std::string token;                           // "" for none
};

/// What a person wants of a hub: "org/name", "org/name:part of a file's name", "name" (of no
/// organisation), or the address of a repository or of a file in it.
struct HubWish {
    std::string repository;         // "org/name"
    std::string revision = "main";  // branch, tag or commit
    std::string file;               // the path of one file; "" for what belongs together
    std::string part;               // of file names, in any case; "" for all
};

/// Reads that form; an address must be one of this hub. Errors: invalid_input.
Result<HubWish> hub_wish(std::string_view text, const Hub& hub);

struct HubFile {
    std::string path;  // in the repository
    std::uint64_t size_bytes = 0;
    std::string sha256;     // of large files; "" for others
    std::string blob_sha1;  // git's name of its bytes; "" for large files
};

struct HubListing {
    std::string commit;  // which the listing is of
    std::vector<HubFile> files;
};

/// Reads a page of a listing (`/api/models/NAME/tree/REVISION`). Errors: corrupt. Names that lead
/// out of a folder, and hashes that are none, are corrupt, too.
Result<std::vector<HubFile>> hub_files_in(std::string_view json);
/// The commit in `/api/models/NAME/revision/REVISION`. Errors: corrupt.
Result<std::string> hub_commit_in(std::string_view json);

/// What the repository holds at the wish's revision. Errors: not_found (no such repository or
/// revision), unavailable (the hub does not answer, wants a token or refuses it), corrupt.
Result<HubListing> list_hub(const Hub& hub, const HubWish& wish, const std::stop_token& stop);

/// What of a listing is wanted: the file that is named; else the one GGUF model, in as many files
/// as it is split into; else the folder of safetensors with its configuration and tokenizer.
struct HubChoice {
    std::vector<HubFile> files;
    bool is_folder = false;  // they belong together in a folder of their own
};
/// Errors: not_found (nothing of it is a model; no such file), conflict (several models: the
/// message names them and how to choose).
Result<HubChoice> choose_files(const HubListing& listing, const HubWish& wish);

/// Where a file is, in the commit of the listing.
std::string hub_file_url(const Hub& hub, const HubWish& wish, const std::string& commit,
                         const std::string& path);

}  // namespace fabula::model
