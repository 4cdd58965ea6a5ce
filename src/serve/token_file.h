// SPDX-License-Identifier: 0BSD
// The token that a server asks for, kept in a file that only its owner can read.
#pragma once

#include "base/result.h"

#include <string>

namespace fabula::serve {

/// 32 random bytes of the kernel's, as 43 characters of base64url.
Result<std::string> new_token();

/// The token in the file `path`; where there is none yet, a new one is put there (mode 600), whole
/// or not at all. Refused with invalid_input: a file that its group or others may read or write, or
/// that is none, and a token that is not 16 to 512 characters of letters, digits and "-._~+/=".
Result<std::string> token_of_file(const std::string& path);

}  // namespace fabula::serve
