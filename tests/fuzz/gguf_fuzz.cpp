// SPDX-License-Identifier: 0BSD
// The inspection of GGUF files, and ggml's own reader behind it: what we let through, it must read.
#include "model/gguf_file.h"

#include <gguf.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string_view>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

constexpr std::size_t counts_end = 24;  // magic, version, two counts

struct Tally {
    std::uint64_t seen = 0;
    std::uint64_t passed = 0;  // a GGUF file of a known version with counts that may be
    ~Tally() {
        std::fprintf(stderr, "first check: %llu of %llu passed\n",
                     static_cast<unsigned long long>(passed),
                     static_cast<unsigned long long>(seen));
    }
};
Tally tally;

bool is_first_check(std::string_view message) {
    for (const char* const start : {"model 'fuzz': not a GGUF", "model 'fuzz': GGUF version",
                                    "model 'fuzz': the version", "model 'fuzz': the number"}) {
        if (message.starts_with(start)) return true;
    }
    return message.find("of each are believed") != std::string_view::npos;
}

void silent(ggml_log_level /*level*/, const char* /*text*/, void* /*user*/) {}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
    ggml_log_set(silent, nullptr);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
    // The seeds are headers; weights that nobody reads lie behind them.
    const std::uint64_t file_bytes = size + (64U << 10U);
    ++tally.seen;
    const auto file = fabula::model::inspect_gguf(bytes, file_bytes, "fuzz");
    if (file || !is_first_check(file.error().message)) ++tally.passed;
    if (!file || !fabula::model::check_runnable(*file, "fuzz")) return 0;
    std::vector<std::byte> whole(bytes.begin(), bytes.end());
    whole.resize(file_bytes);
    gguf_context* const read = gguf_init_from_buffer(whole.data(), whole.size(), {true, nullptr});
    if (read == nullptr) std::abort();
    if (static_cast<std::size_t>(gguf_get_n_tensors(read)) != file->tensors.size()) std::abort();
    gguf_free(read);
    return 0;
}

/// Most inputs keep the magic, the version and the counts, so that what is behind them is read.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned int seed) {
    std::minstd_rand random(seed);
    if (size <= counts_end || max_size <= counts_end || random() % 8 == 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    if (random() % 4 == 0 && size >= counts_end + 8) {  // a number that lengths and sizes trip over
        constexpr std::uint64_t traps[] = {0,          1,          31,         33,         255,
                                           0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1ULL << 62, ~0ULL};
        const std::uint64_t trap = traps[random() % std::size(traps)];
        const std::size_t at = counts_end + random() % (size - counts_end - 7);
        std::memcpy(data + at, &trap, random() % 2 == 0 ? 8 : 4);
        return size;
    }
    return counts_end +
           LLVMFuzzerMutate(data + counts_end, size - counts_end, max_size - counts_end);
}
