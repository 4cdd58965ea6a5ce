// SPDX-License-Identifier: 0BSD
// For tests: safetensors files and small model folders, written by code that shares nothing with
// the readers but the format.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fabula::model::hugging_face {

struct WrittenTensor {
    std::string name;
    std::vector<std::uint64_t> shape;
    float first = 0;  // the numbers are first, first + 1/64, ...
};

/// The bytes of a file of F32 tensors.
std::string safetensors_of(const std::vector<WrittenTensor>& tensors);
/// A file with this header and so many zero bytes behind it.
std::string safetensors_with(const std::string& header, std::size_t n_data_bytes);

void write_bytes(const std::string& path, const std::string& bytes);

/// A tokenizer.json that stands for every byte, with one merge ("h e"), split as GPT-2 does, and
/// "<|endoftext|>" as the last of its 258 tokens.
std::string byte_level_tokenizer();

/// A GPT-2 model of one layer and eight numbers, a vocabulary of 258 and a window of four.
std::vector<WrittenTensor> gpt2_tensors();
std::string gpt2_config();
void write_gpt2_folder(const std::string& folder);

}  // namespace fabula::model::hugging_face
