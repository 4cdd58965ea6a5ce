// SPDX-License-Identifier: 0BSD
// A model's vocabulary and chat template without its weights, and what both ways of loading a file
// through llama.cpp have in common.
#pragma once

#include "base/result.h"
#include "model/llama/vocabulary.h"

#include <memory>
#include <string>
#include <string_view>

struct llama_model;

namespace fabula::model {

struct ModelDeleter {
    void operator()(llama_model* model) const;
};
using ModelHandle = std::unique_ptr<llama_model, ModelDeleter>;

/// Starts llama.cpp, once for the process.
void start_llama();

/// Why llama.cpp gave no model or context: its own words, else `otherwise`.
Error llama_refusal(const std::string& who, const std::string& otherwise);

/// As Model::chat_frame, of a model that has a template.
Result<std::string> chat_frame_of(const llama_model* model, const std::string& name,
                                  std::string_view system, std::string_view instruction);

class Tokenizer {
public:
    /// Reads the vocabulary of the GGUF file at `path`, which must have been found sound
    /// (gguf_file.h). Errors: as load_llama.
    static Result<std::unique_ptr<Tokenizer>> open(const std::string& path);

    const Vocabulary& vocabulary() const { return vocabulary_; }
    const std::string& chat_template() const { return chat_template_; }
    /// Requires a chat template.
    Result<std::string> chat_frame(std::string_view system, std::string_view instruction) const {
        return chat_frame_of(model_.get(), name_, system, instruction);
    }

private:
    Tokenizer(ModelHandle model, std::string name);

    ModelHandle model_;
    std::string name_;
    std::string chat_template_;
    Vocabulary vocabulary_;
};

}  // namespace fabula::model
