// SPDX-License-Identifier: 0BSD
// The inspection of GGUF files, and ggml's own reader behind it: what we let through, it must read.
#include "gguf_inputs.h"
#include "model/gguf_file.h"

#include <gguf.h>

#include <cstdint>
#include <cstdlib>

namespace {

fabula::fuzz::Tally tally;

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
    if (file || !fabula::fuzz::is_first_check(file.error().message)) ++tally.passed;
    if (!file || !fabula::model::check_runnable(*file, "fuzz")) return 0;
    std::vector<std::byte> whole(bytes.begin(), bytes.end());
    whole.resize(file_bytes);
    gguf_context* const read = gguf_init_from_buffer(whole.data(), whole.size(), {true, nullptr});
    if (read == nullptr) std::abort();
    if (static_cast<std::size_t>(gguf_get_n_tensors(read)) != file->tensors.size()) std::abort();
    gguf_free(read);
    return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned int seed) {
    return fabula::fuzz::mutate_gguf(data, size, max_size, seed);
}
