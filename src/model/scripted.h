// SPDX-License-Identifier: 0BSD
// A model that says what its script says: byte tokens, no weights. It ships, so that tests, demos and
// the signature run need no download.
//
// The script is a list of texts. Behind any sequence of bytes the model looks up the places in its texts
// where the longest suffix of the sequence occurs, and gives each byte that follows there a
// probability in proportion to how often it follows; the end of a text is followed by the end token.
//
// Source of the rule: Liu et al., "Infini-gram", 2024, arXiv:2401.17377, without its corpus or index.
#pragma once

#include "model/model.h"

#include <memory>
#include <string>

namespace fabula::model {

/// `script`: texts separated by lines that hold `---` alone. `window_tokens`: as a real model has one.
std::unique_ptr<Model> make_scripted(const std::string& script, std::size_t window_tokens = 4096);

}  // namespace fabula::model
