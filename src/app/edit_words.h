// SPDX-License-Identifier: 0BSD
// Words that a person changes or writes: in their own editor, else line by line.
#pragma once

#include "app/choose_view.h"
#include "app/decisions.h"
#include "base/result.h"

#include <optional>
#include <stop_token>
#include <string>

namespace fabula::app {

/// $VISUAL or $EDITOR on a file with `words`, else lines up to one with a full stop alone. Empty
/// where nothing was changed or written, or when stopped. The file is private (mode 600) and gone
/// afterwards. Errors: unavailable (the editor cannot be run or failed).
Result<std::optional<std::string>> edit_words(const std::string& words, DecisionInput& input,
                                              ChooseView& view, const std::stop_token& stop);

/// Words that could become no passage, in a file that is named in the view.
void keep_draft(const std::string& words, ChooseView& view);

}  // namespace fabula::app
