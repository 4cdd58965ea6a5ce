// SPDX-License-Identifier: 0BSD
// Keys: which one a server is told. A key is for one host; it is not sent to another, not written
// anywhere, and taken out of every message.
#pragma once

#include "base/result.h"
#include "model/remote/answer.h"
#include "model/remote/endpoint.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fabula::model {

/// Looks a variable of the environment up.
using Variables = std::function<std::optional<std::string>(const std::string&)>;

/// Where keys come from.
struct KeySources {
    Variables variables;
    /// Files with a token for Hugging Face; the first that is there counts.
    std::vector<std::string> token_files;
};

/// The key of each endpoint, "" for none. That which `key=` names; else FABULA_API_KEY for the
/// host that is named first, and for no other; else OPENROUTER_KEY for openrouter.ai,
/// OPENAI_API_KEY for api.openai.com, HF_TOKEN or a token file for huggingface.co, and with the
/// Hugging Face API for the host that is named first. Errors: not_found (`key=` names a variable
/// that is not set); invalid_input (a key that is no line of printable ASCII; a key that would go
/// over http to another machine, FABULA_API_KEY and `key=` aside; as read_token_file).
Result<std::vector<std::string>> keys_of(std::span<const Endpoint> endpoints, RemoteApi api,
                                         const KeySources& sources);

/// The token of Hugging Face: HF_TOKEN, else the first of the files that is there; "" for none.
/// Errors: as read_token_file.
Result<std::string> huggingface_token(const KeySources& sources);

/// The one line of a file that its owner alone may read; "" where there is no file. Errors:
/// invalid_input (others may read it, it is no file, it holds no token), unavailable.
Result<std::string> read_token_file(const std::string& path);

/// `text` with every occurrence of a key replaced by "***".
std::string without_keys(std::string text, std::span<const std::string> keys);

}  // namespace fabula::model
