// SPDX-License-Identifier: 0BSD
// encode_texts MODEL: the tokens of each text on stdin, one line a text. Texts end with a zero
// byte; they are encoded as the start of a text, and without the token that begins one.
#include "model/llama/tokenizer.h"

#include <iostream>
#include <iterator>
#include <string>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const auto tokenizer = fabula::model::Tokenizer::open(argv[1]);
    if (!tokenizer) {
        std::cerr << tokenizer.error().message << "\n";
        return 1;
    }
    const auto& vocabulary = (*tokenizer)->vocabulary();
    const auto start = vocabulary.encode("", fabula::model::Place::start);
    const std::size_t n_start = start ? start->size() : 0;
    const std::string texts{std::istreambuf_iterator<char>(std::cin), {}};
    for (std::size_t at = 0; at < texts.size();) {
        const std::size_t end = texts.find('\0', at);
        if (end == std::string::npos) return 2;
        const auto tokens =
            vocabulary.encode(texts.substr(at, end - at), fabula::model::Place::start);
        at = end + 1;
        if (!tokens) {
            std::cout << "refused: " << tokens.error().message << "\n";
            continue;
        }
        for (std::size_t i = n_start; i < tokens->size(); ++i)
            std::cout << (i == n_start ? "" : " ") << (*tokens)[i];
        std::cout << "\n";
    }
    return 0;
}
