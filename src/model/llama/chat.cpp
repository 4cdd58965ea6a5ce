// SPDX-License-Identifier: 0BSD
#include "model/llama/chat.h"

namespace fabula::model {

std::optional<std::string> frame_of_roles(std::string_view chat_template, std::string_view system,
                                          std::string_view instruction, std::string_view end) {
    for (const char* const part : {"<|user|>", "<|assistant|>", "message['content'] + eos_token"}) {
        if (chat_template.find(part) == std::string_view::npos) return std::nullopt;
    }
    std::string frame;
    const auto say = [&](const char* role, std::string_view content) {
        frame.append(role).append("\n").append(content).append(end).append("\n");
    };
    if (!system.empty()) say("<|system|>", system);
    say("<|user|>", instruction);
    return frame + "<|assistant|>\n";
}

}  // namespace fabula::model
