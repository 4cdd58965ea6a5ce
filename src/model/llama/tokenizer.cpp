// SPDX-License-Identifier: 0BSD
#include "model/llama/tokenizer.h"

#include "model/llama/chat.h"
#include "model/llama/foreign_log.h"

#include <llama.h>

#include <exception>
#include <filesystem>
#include <mutex>
#include <utility>
#include <vector>

namespace fabula::model {

void ModelDeleter::operator()(llama_model* model) const {
    llama_model_free(model);
}

void start_llama() {
    static std::once_flag once;
    std::call_once(once, [] {
        capture_foreign_log();
        llama_backend_init();
    });
}

Error llama_refusal(const std::string& who, const std::string& otherwise) {
    std::string complaint = foreign_complaint();
    if (complaint.empty()) complaint = otherwise;
    ErrorCode code = ErrorCode::corrupt;
    if (complaint.find("unknown model architecture") != std::string::npos) {
        code = ErrorCode::invalid_input;
    } else if (complaint.find("allocate") != std::string::npos) {
        code = ErrorCode::exhausted;
    }
    return Error{code, who + complaint};
}

Result<std::string> chat_frame_of(const llama_model* model, const std::string& name,
                                  std::string_view system, std::string_view instruction) {
    const char* const text = llama_model_chat_template(model, nullptr);
    const std::string chat_template = text == nullptr ? "" : text;
    const auto* const vocab = llama_model_get_vocab(model);
    const TokenId end = llama_vocab_eos(vocab);
    const char* const end_text = end == LLAMA_TOKEN_NULL ? "" : llama_vocab_get_text(vocab, end);
    if (auto frame = frame_of_roles(chat_template, system, instruction, end_text)) {
        return *std::move(frame);
    }
    const std::string system_text(system);
    const std::string user_text(instruction);
    std::vector<llama_chat_message> messages;
    if (!system.empty()) messages.push_back({"system", system_text.c_str()});
    messages.push_back({"user", user_text.c_str()});
    std::string frame(2 * (system.size() + instruction.size()) + 1024, '\0');
    try {
        for (;;) {
            const std::int32_t n = llama_chat_apply_template(
                chat_template.c_str(), messages.data(), messages.size(), /*add_ass=*/true,
                frame.data(), static_cast<std::int32_t>(frame.size()));
            if (n < 0) break;
            const bool fits = static_cast<std::size_t>(n) <= frame.size();
            frame.resize(static_cast<std::size_t>(n));
            if (fits) return frame;
        }
    } catch (const std::exception& problem) {
        return Error{ErrorCode::invalid_input,
                     "model '" + name + "': its chat template fails: " + problem.what()};
    }
    return Error{ErrorCode::invalid_input,
                 "model '" + name + "': llama.cpp does not know its chat template"};
}

Tokenizer::Tokenizer(ModelHandle model, std::string name)
    : model_(std::move(model)),
      name_(std::move(name)),
      vocabulary_(llama_model_get_vocab(model_.get()), name_) {
    const char* const text = llama_model_chat_template(model_.get(), nullptr);
    if (text != nullptr) chat_template_ = text;
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::open(const std::string& path) {
    const std::filesystem::path file(path);
    const std::string who = "model '" + file.filename().string() + "': ";
    start_llama();
    forget_foreign_complaint();
    llama_model_params params = llama_model_default_params();
    params.vocab_only = true;
    params.n_gpu_layers = 0;
    try {
        ModelHandle model(llama_model_load_from_file(path.c_str(), params));
        if (model == nullptr) return llama_refusal(who, "llama.cpp does not load its vocabulary");
        return std::unique_ptr<Tokenizer>(new Tokenizer(std::move(model), file.stem().string()));
    } catch (const std::exception& problem) {  // llama.cpp throws past its own border at times
        return Error{ErrorCode::exhausted, who + problem.what()};
    }
}

}  // namespace fabula::model
