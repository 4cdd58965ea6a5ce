// SPDX-License-Identifier: 0BSD
// The page and its assets: files that were put into the program when it was built (embed_page.py),
// each under its own path. What is not in the table is not there; no disk is read.
#pragma once

#include "serve/http.h"

#include <span>
#include <string_view>

namespace fabula::serve {

struct PageFile {
    std::string_view path;  // "/", "/assets/index-B2x9fQ1a.js"
    std::string_view content_type;
    std::string_view plain;
    std::string_view gzip;    // "" where it would not be shorter
    std::string_view digest;  // of `plain`, hexadecimal
    bool is_hashed = false;   // another content would have another path
};

/// What web/dist held; a page that says how to build it where that was not there.
std::span<const PageFile> page_files();

/// Adds one open route a file. The files outlive the router.
void add_page(Router& router, std::span<const PageFile> files);

/// The answer to a GET: 200 or, where `If-None-Match` names what would be sent, 304.
Response answer_with(const PageFile& file, const Request& request);

}  // namespace fabula::serve
