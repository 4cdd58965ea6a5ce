// SPDX-License-Identifier: 0BSD
// The one HTTP client. It asks for what a person named, over http or https, follows no redirect,
// and takes nothing that is larger or slower than the caller allows.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>

namespace fabula::model {

struct HttpLimits {
    int timeout_ms = 5000;  // for the whole answer
    std::size_t most_bytes = std::size_t{8} << 20;
};

/// Whether `text` names something on the web: it begins with http:// or https://.
bool is_url(const std::string& text);

/// `url` as it may be shown and kept: without user, password, query and fragment.
std::string shown_url(const std::string& url);

/// The body of the answer, of status 200. Errors: invalid_input (no URL of http or https),
/// not_found (404), unavailable (no answer in time, another status, a redirect), exhausted (larger
/// than allowed). Messages name `shown_url`.
Result<std::string> http_get(const std::string& url, const HttpLimits& limits = {});

}  // namespace fabula::model
