// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/written_folder.h"

#include <cstring>
#include <fstream>

namespace fabula::model::hugging_face {
namespace {

std::uint64_t n_numbers(const WrittenTensor& tensor) {
    std::uint64_t n = 1;
    for (const std::uint64_t extent : tensor.shape)
        n *= extent;
    return n;
}

std::string list(const std::vector<std::uint64_t>& numbers) {
    std::string text;
    for (const std::uint64_t number : numbers)
        text += (text.empty() ? "" : ",") + std::to_string(number);
    return "[" + text + "]";
}

/// The character of a byte as an escape of JSON.
std::string escaped(unsigned int code) {
    constexpr const char* digits = "0123456789abcdef";
    std::string text = "\\u";
    for (unsigned int shift = 16; shift > 0; shift -= 4)
        text += digits[(code >> (shift - 4U)) & 15U];
    return text;
}

}  // namespace

std::string safetensors_with(const std::string& header, std::size_t n_data_bytes) {
    std::string bytes(8, '\0');
    const std::uint64_t n = header.size();
    std::memcpy(bytes.data(), &n, sizeof(n));
    return bytes + header + std::string(n_data_bytes, '\0');
}

std::string safetensors_of(const std::vector<WrittenTensor>& tensors) {
    std::string header = R"({"__metadata__":{"format":"pt"})";
    std::string data;
    for (const WrittenTensor& tensor : tensors) {
        const std::uint64_t begin = data.size();
        for (std::uint64_t i = 0; i < n_numbers(tensor); ++i) {
            const float number = tensor.first + static_cast<float>(i) / 64;
            std::string bytes(sizeof(number), '\0');
            std::memcpy(bytes.data(), &number, sizeof(number));
            data += bytes;
        }
        header += ",\"" + tensor.name + R"(":{"dtype":"F32","shape":)" + list(tensor.shape) +
                  R"(,"data_offsets":)" + list({begin, data.size()}) + "}";
    }
    return safetensors_with(header + "}", 0) + data;
}

void write_bytes(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

std::string byte_level_tokenizer() {
    std::string vocabulary;
    unsigned int other = 256;
    for (unsigned int byte = 0; byte < 256; ++byte) {
        const bool is_itself =
            (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte < 0xAD) || byte > 0xAD;
        vocabulary +=
            "\"" + escaped(is_itself ? byte : other++) + "\":" + std::to_string(byte) + ",";
    }
    return R"({"added_tokens":[{"id":257,"content":"<|endoftext|>","special":true}],)"
           R"("normalizer":null,"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},)"
           R"("model":{"type":"BPE","merges":["h e"],"vocab":{)" +
           vocabulary + R"("he":256,"<|endoftext|>":257}}})";
}

std::string gpt2_config() {
    return R"({"architectures":["GPT2LMHeadModel"],"n_layer":1,"n_embd":8,"n_head":2,)"
           R"("n_positions":4,"vocab_size":258,"layer_norm_epsilon":1e-5,)"
           R"("activation_function":"gelu_new","bos_token_id":257,"eos_token_id":257})";
}

std::vector<WrittenTensor> gpt2_tensors() {
    return {{"wte.weight", {258, 8}},
            {"wpe.weight", {4, 8}, 1},
            {"h.0.ln_1.weight", {8}, 1},
            {"h.0.ln_1.bias", {8}},
            {"h.0.attn.c_attn.weight", {8, 24}},
            {"h.0.attn.c_attn.bias", {24}},
            {"h.0.attn.c_proj.weight", {8, 8}},
            {"h.0.attn.c_proj.bias", {8}},
            {"h.0.ln_2.weight", {8}, 1},
            {"h.0.ln_2.bias", {8}},
            {"h.0.mlp.c_fc.weight", {8, 32}},
            {"h.0.mlp.c_fc.bias", {32}},
            {"h.0.mlp.c_proj.weight", {32, 8}},
            {"h.0.mlp.c_proj.bias", {8}},
            {"ln_f.weight", {8}, 1},
            {"ln_f.bias", {8}}};
}

void write_gpt2_folder(const std::string& folder) {
    write_bytes(folder + "/config.json", gpt2_config());
    write_bytes(folder + "/tokenizer.json", byte_level_tokenizer());
    write_bytes(folder + "/model.safetensors", safetensors_of(gpt2_tensors()));
}

}  // namespace fabula::model::hugging_face
