// SPDX-License-Identifier: 0BSD
// The importer of llama2.c models. An input is 28 bytes of header, one byte, and a tokenizer; the
// weights, which inspection does not read, are zeros: as many as the header asks for, unless the
// byte is odd.
#include "model/import_llama2c.h"
#include "model/llama2c_file.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

constexpr std::size_t header_bytes = 28;
constexpr std::size_t fixed_bytes = header_bytes + 1;
constexpr std::uint64_t most_bytes = 256U << 10U;  // of a checkpoint that is made up

struct Tally {
    std::uint64_t seen = 0;
    std::uint64_t passed = 0;  // the header is one that llama2.c could have written
    ~Tally() {
        std::fprintf(stderr, "first check: %llu of %llu passed\n",
                     static_cast<unsigned long long>(passed),
                     static_cast<unsigned long long>(seen));
    }
};
Tally tally;

using Header = std::array<std::int32_t, 7>;

/// The size of the checkpoint that the header asks for, computed apart from the reader.
std::uint64_t asked_bytes(const Header& header) {
    const auto n = [&header](std::size_t i) -> double { return header[i]; };
    const double vocab = std::abs(n(5));
    const double head = n(3) == 0 ? 0 : std::trunc(n(0) / n(3));
    const double kv = n(4) * head;
    const double layer = 2 * n(0) + 2 * n(0) * n(0) + 2 * n(0) * kv + 3 * n(0) * n(1);
    const double rest = vocab * n(0) * (header[5] < 0 ? 2 : 1) + n(0) + n(6) * head;
    const double bytes = header_bytes + 4 * (n(2) * layer + rest);
    return bytes >= header_bytes && bytes <= static_cast<double>(most_bytes)
               ? static_cast<std::uint64_t>(bytes)
               : header_bytes;
}

Header header_of(const std::uint8_t* data) {
    Header header{};
    std::memcpy(header.data(), data, header_bytes);
    return header;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < fixed_bytes) return 0;
    const Header header = header_of(data);
    std::vector<std::byte> checkpoint(asked_bytes(header) + (data[header_bytes] & 1U));
    std::memcpy(checkpoint.data(), data, header_bytes);
    const std::span<const std::byte> tokenizer(
        reinterpret_cast<const std::byte*>(data + fixed_bytes), size - fixed_bytes);
    ++tally.seen;
    const auto shape = fabula::model::read_llama2c_checkpoint(checkpoint);
    const auto report = fabula::model::inspect_llama2c(checkpoint, tokenizer);
    if (shape) {
        ++tally.passed;
        for (const auto& tensor : shape->tensors) {  // nothing points outside the file
            if (tensor.offset_bytes + tensor.n_rows * tensor.n_columns * 4 > checkpoint.size())
                std::abort();
        }
        const auto words = fabula::model::read_llama2c_tokenizer(tokenizer, shape->shape.n_vocab);
        if (words.has_value() != report.has_value()) std::abort();
    } else if (report) {
        std::abort();
    }
    return 0;
}

/// Most inputs keep a header that is sound, so that the tokenizer behind it is read.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned int seed) {
    std::minstd_rand random(seed);
    if (size < fixed_bytes || max_size < fixed_bytes) return LLVMFuzzerMutate(data, size, max_size);
    switch (random() % 8) {
        case 0:  // anything, anywhere
            return LLVMFuzzerMutate(data, size, max_size);
        case 1: {  // another shape that holds together
            Header header{};
            const auto head = static_cast<std::int32_t>(2 * (1 + random() % 4));
            const auto n_kv = static_cast<std::int32_t>(1 + random() % 3);
            const auto group = static_cast<std::int32_t>(1 + random() % 3);
            header = {head * n_kv * group,
                      static_cast<std::int32_t>(1 + random() % 9),
                      static_cast<std::int32_t>(1 + random() % 4),
                      n_kv * group,
                      n_kv,
                      static_cast<std::int32_t>(259 + random() % 4),
                      static_cast<std::int32_t>(1 + random() % 9)};
            if (random() % 2 == 0) header[5] = -header[5];
            std::memcpy(data, header.data(), header_bytes);
            data[header_bytes] = 0;
            return size;
        }
        default:
            data[header_bytes] = static_cast<std::uint8_t>(random() % 16 == 0 ? 1 : 0);
            return fixed_bytes +
                   LLVMFuzzerMutate(data + fixed_bytes, size - fixed_bytes, max_size - fixed_bytes);
    }
}
