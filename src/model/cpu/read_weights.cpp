// SPDX-License-Identifier: 0BSD
#include "model/cpu/half.h"
#include "model/cpu/tiles.h"
#include "model/cpu/weights.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <optional>
#include <system_error>

namespace fabula::model::cpu {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{1} << 20U;  // read at a time by each thread

class File {
public:
    explicit File(const std::string& path) : handle_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (handle_ >= 0) ::close(handle_);
    }
    bool is_open() const { return handle_ >= 0; }

    bool read(std::uint64_t offset, std::span<std::byte> bytes) const {
        while (!bytes.empty()) {
            const ssize_t n =
                ::pread(handle_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) return false;
            bytes = bytes.subspan(static_cast<std::size_t>(n));
            offset += static_cast<std::uint64_t>(n);
        }
        return true;
    }

private:
    int handle_;
};

// What is written into the tiles of one matrix, by several threads.
class Reader {
public:
    Reader(const File& file, const GgufTensor& tensor, const Matrix& matrix, Dequantise dequantise)
        : file_(file),
          tensor_(tensor),
          matrix_(matrix),
          dequantise_(dequantise),
          row_bytes_(tensor.size_bytes / matrix.n_out) {}

    std::size_t tiles_a_chunk() const {
        return std::max<std::size_t>(1, chunk_bytes / (row_bytes_ * tile_rows));
    }

    bool read(std::size_t first, std::size_t end, std::byte* tiles) const {
        const std::size_t row = first * tile_rows;
        const std::size_t n_rows = std::min(matrix_.n_out, end * tile_rows) - row;
        std::vector<std::byte> raw(n_rows * row_bytes_);
        if (!file_.read(tensor_.offset + row * row_bytes_, raw)) return false;
        if (matrix_.is_requantised && !convert(n_rows, raw)) return false;
        const std::size_t size = raw.size() / n_rows;
        for (std::size_t r = 0; r < n_rows; r += tile_rows) {
            pack_tile(matrix_.format, raw.data() + r * size, std::min(tile_rows, n_rows - r),
                      matrix_.n_in, tiles + (row + r) / tile_rows * matrix_.tile_bytes);
        }
        return true;
    }

private:
    // Rows of a type without a format of ours, in the one that they get.
    bool convert(std::size_t n_rows, std::vector<std::byte>& raw) const {
        std::vector<float> numbers(n_rows * matrix_.n_in);
        if (dequantise_ == nullptr || !dequantise_(tensor_.type, raw, numbers)) return false;
        const std::size_t size = row_bytes_of(matrix_.format, matrix_.n_in);
        raw.resize(n_rows * size);
        for (std::size_t r = 0; r < n_rows; ++r) {
            const float* const row = numbers.data() + r * matrix_.n_in;
            if (matrix_.format == Format::q8_0) {
                quantise_q8_0(row, matrix_.n_in, raw.data() + r * size);
            } else {
                std::memcpy(raw.data() + r * size, row, size);
            }
        }
        return true;
    }

    const File& file_;
    const GgufTensor& tensor_;
    const Matrix& matrix_;
    Dequantise dequantise_;
    std::size_t row_bytes_;
};

std::optional<std::vector<float>> numbers_of(const File& file, const GgufTensor& tensor,
                                             std::size_t n, Dequantise dequantise) {
    std::vector<std::byte> raw(tensor.size_bytes);
    if (!file.read(tensor.offset, raw)) return std::nullopt;
    std::vector<float> numbers(n);
    if (tensor.type == "F32" && raw.size() == n * sizeof(float)) {
        std::memcpy(numbers.data(), raw.data(), raw.size());
    } else if (dequantise == nullptr || !dequantise(tensor.type, raw, numbers)) {
        return std::nullopt;
    }
    return numbers;
}

Error unreadable(const GgufTensor& tensor) {
    return {ErrorCode::corrupt, "tensor '" + tensor.name + "' cannot be read (truncated?)"};
}

Result<Unit> read_vectors(const File& source, const GgufFile& file, Weights& weights,
                          Dequantise dequantise) {
    for (Vector* const vector : weights.vectors()) {
        const GgufTensor& tensor = file.tensors[vector->tensor];
        auto numbers = numbers_of(source, tensor, vector->numbers.size(), dequantise);
        if (!numbers) return unreadable(tensor);
        for (const float number : *numbers) {
            if (!std::isfinite(number)) {
                return Error{ErrorCode::corrupt,
                             "tensor '" + tensor.name + "' holds what is no number"};
            }
        }
        vector->numbers = *std::move(numbers);
    }
    return Unit{};
}

}  // namespace

Result<Unit> read_weights(const std::string& path, const GgufFile& file, Weights& weights,
                          const ReadOptions& options) {
    const File source(path);
    if (!source.is_open()) {
        return Error{ErrorCode::unavailable,
                     "file '" + path + "': " + std::generic_category().message(errno)};
    }
    if (auto read = read_vectors(source, file, weights, options.dequantise); !read) return read;
    const std::size_t total = weights.size_bytes();
    auto arena = Arena::make(total);
    if (!arena) return arena.error();
    weights.arena = *std::move(arena);
    std::size_t at = 0;
    for (Matrix* const matrix : weights.matrices()) {
        const GgufTensor& tensor = file.tensors[matrix->tensor];
        std::byte* const tiles = weights.arena.data() + at;
        const Reader reader(source, tensor, *matrix, options.dequantise);
        const std::size_t step = reader.tiles_a_chunk();
        const std::size_t n_tiles = matrix->n_tiles();
        std::atomic<bool> has_failed = false;
        options.pool->each((n_tiles + step - 1) / step, [&](std::size_t chunk, std::size_t) {
            const std::size_t end = std::min(n_tiles, (chunk + 1) * step);
            if (!reader.read(chunk * step, end, tiles)) has_failed = true;
        });
        if (has_failed) return unreadable(tensor);
        matrix->tiles = tiles;
        at += matrix->size_bytes();
        const float share = static_cast<float>(at) / static_cast<float>(total);
        if (options.on_progress && !options.on_progress(share))
            return Error{ErrorCode::unavailable, "stopped"};
    }
    if (weights.is_tied) weights.output = weights.token_embd;
    return Unit{};
}

}  // namespace fabula::model::cpu
