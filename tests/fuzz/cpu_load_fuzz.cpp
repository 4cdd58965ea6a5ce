// SPDX-License-Identifier: 0BSD
// A file on its way into our own decoder: inspected, planned, read and run. Whatever is let in must
// run, and a branch must have the same logits alone as in company.
#include "gguf_inputs.h"
#include "model/cpu/decoder.h"
#include "model/gguf_file.h"
#include "model/llama/dequantise.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

namespace cpu = fabula::model::cpu;
using fabula::TokenId;

constexpr std::size_t spare_bytes = 16U << 10U;  // zeros behind the input: a header may grow
constexpr std::size_t most_window = 48;
constexpr std::size_t most_weights_bytes = 16U << 20U;  // more takes longer than it is worth

struct Counts : fabula::fuzz::Tally {
    std::uint64_t planned = 0;
    std::uint64_t run = 0;
    ~Counts() {
        std::fprintf(stderr, "planned: %llu, run: %llu\n", static_cast<unsigned long long>(planned),
                     static_cast<unsigned long long>(run));
    }
};
Counts counts;

/// A file in memory that is written anew for each input.
class MemoryFile {
public:
    MemoryFile() : handle_(::memfd_create("fuzz", MFD_CLOEXEC)) {
        if (handle_ < 0) std::abort();
    }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    ~MemoryFile() { ::close(handle_); }

    void write(const std::vector<std::byte>& bytes) const {
        if (::ftruncate(handle_, 0) != 0) std::abort();
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t n = ::pwrite(handle_, bytes.data() + done, bytes.size() - done,
                                       static_cast<off_t>(done));
            if (n <= 0) std::abort();
            done += static_cast<std::size_t>(n);
        }
    }
    std::string path() const { return "/proc/self/fd/" + std::to_string(handle_); }

private:
    int handle_;
};

cpu::Pool& pool() {
    static cpu::Pool one(1);
    return one;
}

std::unique_ptr<cpu::Decoder> load(const std::string& path, const fabula::model::GgufFile& file,
                                   const cpu::DecoderOptions& options) {
    auto weights = cpu::plan_weights(file);
    if (!weights || weights->size_bytes() > most_weights_bytes) return nullptr;
    cpu::ReadOptions reading;
    reading.pool = &pool();
    reading.dequantise = fabula::model::dequantise;
    if (!cpu::read_weights(path, file, *weights, reading)) return nullptr;
    return std::make_unique<cpu::Decoder>(*std::move(weights), options, pool());
}

cpu::DecoderOptions options_for(const cpu::Shape& shape, std::uint8_t choice) {
    constexpr const char* names[] = {"avx512", "avx2", "portable"};
    const cpu::Kernels* const kernels = cpu::find_kernels(names[choice % 3]);
    const std::size_t window = std::min(shape.window_tokens, most_window);
    return {kernels != nullptr ? kernels : &cpu::best_kernels(), window, 4 * most_window,
            choice % 2 == 0 ? 2U : 4U};
}

void run(const std::string& path, const fabula::model::GgufFile& file, const cpu::Shape& shape,
         std::uint8_t choice) {
    const cpu::DecoderOptions options = options_for(shape, choice);
    const std::unique_ptr<cpu::Decoder> decoder = load(path, file, options);
    if (decoder == nullptr) return;
    ++counts.run;
    const std::size_t n = std::min<std::size_t>(options.window_tokens, 6);
    std::vector<TokenId> left(n);
    std::vector<TokenId> right(n);
    for (std::size_t i = 0; i < n; ++i) {
        left[i] = static_cast<TokenId>((choice + 7 * i) % shape.n_vocab);
        right[i] = i + 2 < n ? left[i] : static_cast<TokenId>(i % shape.n_vocab);
    }
    const std::vector<std::span<const TokenId>> both = {left, right, std::span(left).first(1)};
    std::vector<float> logits(3 * shape.n_vocab);
    if (!decoder->step(both, {logits, {}}, {})) std::abort();
    const std::unique_ptr<cpu::Decoder> other = load(path, file, options);
    std::vector<float> alone(shape.n_vocab);
    if (!other->step(std::span(both).subspan(1, 1), {alone, {}}, {})) std::abort();
    for (std::size_t v = 0; v < shape.n_vocab; ++v) {
        const float company = logits[shape.n_vocab + v];
        const bool is_same =
            std::bit_cast<std::uint32_t>(company) == std::bit_cast<std::uint32_t>(alone[v]);
        if (!is_same && !(std::isnan(company) && std::isnan(alone[v]))) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ++counts.seen;
    const auto* const first = reinterpret_cast<const std::byte*>(data);
    std::vector<std::byte> bytes(first, first + size);
    bytes.resize(size + spare_bytes);
    const auto file = fabula::model::inspect_gguf(bytes, bytes.size(), "fuzz");
    if (file || !fabula::fuzz::is_first_check(file.error().message)) ++counts.passed;
    if (!file || !fabula::model::check_runnable(*file, "fuzz")) return 0;
    const auto weights = cpu::plan_weights(*file);
    if (!weights) return 0;
    ++counts.planned;
    static const MemoryFile memory;
    memory.write(bytes);
    run(memory.path(), *file, weights->shape, data[size - 1]);
    return 0;
}

/// Mostly one of the two: the header, which begins the file, or the weights behind it.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned int seed) {
    constexpr std::size_t usual_header = 2200;
    std::minstd_rand random(seed);
    if (size <= usual_header || random() % 3 == 0)
        return fabula::fuzz::mutate_gguf(data, size, max_size, seed);
    if (random() % 3 == 0)
        return usual_header +
               LLVMFuzzerMutate(data + usual_header, size - usual_header, max_size - usual_header);
    return fabula::fuzz::mutate_header(data, size, max_size, usual_header, random);
}
