// SPDX-License-Identifier: 0BSD
// What a chat model wants to read before its answer. llama.cpp knows most templates by their words;
// one form, of TinyLlama and Zephyr, it takes for another, so it is spelt here. Text only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fabula::model {

/// The frame of a template that joins '<|role|>\n', the content and the end token; nothing when the
/// template is another. `system` may be empty. `end` is the text of the model's end token.
std::optional<std::string> frame_of_roles(std::string_view chat_template, std::string_view system,
                                          std::string_view instruction, std::string_view end);

}  // namespace fabula::model
