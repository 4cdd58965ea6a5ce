// SPDX-License-Identifier: 0BSD
#include "model/cpu/plain_rows.h"
#include "model/cpu/tiles.h"
#include "model/cpu/weights.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <utility>

namespace fabula::model::cpu {
namespace {

namespace fs = std::filesystem;

/// A file with one matrix, the embedding, and one vector, the gain of the last norm; the head is
/// tied. Its weights begin somewhere in the middle, as behind a header.
class TwoTensors {
public:
    TwoTensors(const std::string& type, const std::vector<std::byte>& rows, std::size_t n_in,
               std::size_t n_out)
        : folder_(fs::temp_directory_path() / ("fabula-weights-" + std::to_string(::getpid()))) {
        fs::create_directories(folder_);
        content.assign(96, '?');
        add("token_embd.weight", type, {n_in, n_out}, rows.data(), rows.size());
        std::mt19937 random(4);
        gain = random_numbers(n_in, 1.0F, random);
        add("output_norm.weight", "F32", {n_in}, gain.data(), 4 * gain.size());
        Matrix& matrix = weights.token_embd;
        const auto format = format_of_type(type);
        matrix.is_requantised = !format;
        matrix.format = format.value_or(n_in % block_columns == 0 ? Format::q8_0 : Format::f32);
        matrix.n_in = n_in;
        matrix.n_out = n_out;
        matrix.tile_bytes = tile_bytes_of(matrix.format, n_in);
        weights.output_norm.gain = {std::vector<float>(n_in), 1};
        weights.is_tied = true;
        weights.output = matrix;
    }
    TwoTensors(const TwoTensors&) = delete;
    TwoTensors& operator=(const TwoTensors&) = delete;
    ~TwoTensors() { fs::remove_all(folder_); }

    Result<Unit> read(const ReadOptions& options) {
        const fs::path path = folder_ / "two.gguf";
        std::ofstream(path, std::ios::binary) << content;
        return read_weights(path, file, weights, options);
    }

    std::string content;
    GgufFile file;
    Weights weights;
    std::vector<float> gain;

private:
    void add(const std::string& name, const std::string& type, std::vector<std::uint64_t> shape,
             const void* bytes, std::size_t size) {
        file.tensors.push_back({name, type, std::move(shape), size, content.size()});
        content.append(static_cast<const char*>(bytes), size);
    }

    fs::path folder_;
};

// A type that only this knows: a byte is a number of sixteenths.
bool from_sixteenths(const std::string& type, std::span<const std::byte> rows,
                     std::span<float> numbers) {
    if (type != "SIXTEENTHS" || rows.size() != numbers.size()) return false;
    std::ranges::transform(rows, numbers.begin(), [](std::byte b) {
        return static_cast<float>(static_cast<std::int8_t>(b)) / 16;
    });
    return true;
}

std::vector<std::byte> some_bytes(std::size_t n) {
    std::mt19937 random(6);
    std::vector<std::byte> bytes(n);
    for (std::byte& byte : bytes)
        byte = static_cast<std::byte>(random());
    return bytes;
}

// Row r of the embedding against what ggml would read.
void expect_rows(const TwoTensors& two, const std::vector<std::byte>& rows) {
    const Matrix& matrix = two.weights.token_embd;
    const std::size_t size = row_bytes_of(matrix.format, matrix.n_in);
    std::vector<float> numbers(matrix.n_in);
    for (std::size_t r = 0; r < matrix.n_out; ++r) {
        unpack_row(matrix.format, matrix.tiles + r / tile_rows * matrix.tile_bytes, r % tile_rows,
                   matrix.n_in, numbers.data());
        const auto expected =
            plain_row(matrix.format, std::span(rows).subspan(r * size, size), matrix.n_in);
        for (std::size_t c = 0; c < matrix.n_in; ++c)
            ASSERT_EQ(numbers[c], static_cast<float>(expected[c].value)) << r << " " << c;
    }
}

TEST(ReadWeights, brings_every_format_and_the_vectors) {
    std::mt19937 random(1);
    for (const Format format : all_formats) {
        SCOPED_TRACE(plain_type_of(format).name);
        const auto rows = random_rows(format, 37, 256, random);
        TwoTensors two(plain_type_of(format).name, rows, 256, 37);
        Pool pool(2);
        ASSERT_TRUE(two.read({.pool = &pool}));
        expect_rows(two, rows);
        EXPECT_EQ(two.weights.output_norm.gain.numbers, two.gain);
        EXPECT_EQ(two.weights.output.tiles, two.weights.token_embd.tiles);
        EXPECT_GE(two.weights.arena.size_bytes(), two.weights.size_bytes());
    }
}

TEST(ReadWeights, brings_a_matrix_of_many_chunks_on_any_number_of_threads) {
    std::mt19937 random(2);
    const auto rows = random_rows(Format::f16, 1500, 1000, random);  // 2.9 MiB
    for (std::size_t n_threads = 1; n_threads <= 3; ++n_threads) {
        TwoTensors two("F16", rows, 1000, 1500);
        Pool pool(n_threads);
        std::vector<float> shares;
        ReadOptions options{.pool = &pool};
        options.on_progress = [&](float share) {
            shares.push_back(share);
            return true;
        };
        ASSERT_TRUE(two.read(options));
        expect_rows(two, rows);
        ASSERT_FALSE(shares.empty());
        EXPECT_TRUE(std::ranges::is_sorted(shares));
        EXPECT_EQ(shares.back(), 1.0F);
    }
}

TEST(ReadWeights, makes_q8_0_of_a_type_that_has_no_format) {
    const auto bytes = some_bytes(std::size_t{37} * 64);
    TwoTensors two("SIXTEENTHS", bytes, 64, 37);
    Pool pool(1);
    ASSERT_TRUE(two.read({.pool = &pool, .dequantise = from_sixteenths}));
    std::vector<std::byte> rows(37 * row_bytes_of(Format::q8_0, 64));
    std::vector<float> numbers(bytes.size());
    ASSERT_TRUE(from_sixteenths("SIXTEENTHS", bytes, numbers));
    for (std::size_t r = 0; r < 37; ++r)
        quantise_q8_0(numbers.data() + 64 * r, 64,
                      rows.data() + r * row_bytes_of(Format::q8_0, 64));
    expect_rows(two, rows);
}

TEST(ReadWeights, keeps_such_a_type_in_full_where_rows_are_no_blocks) {
    const auto bytes = some_bytes(std::size_t{5} * 33);
    TwoTensors two("SIXTEENTHS", bytes, 33, 5);
    Pool pool(1);
    ASSERT_TRUE(two.read({.pool = &pool, .dequantise = from_sixteenths}));
    std::vector<float> numbers(bytes.size());
    ASSERT_TRUE(from_sixteenths("SIXTEENTHS", bytes, numbers));
    std::vector<std::byte> rows(4 * numbers.size());
    std::memcpy(rows.data(), numbers.data(), rows.size());
    expect_rows(two, rows);
}

TEST(ReadWeights, a_vector_may_be_of_another_type_than_f32) {
    std::mt19937 random(3);
    TwoTensors two("F32", random_rows(Format::f32, 3, 32, random), 32, 3);
    GgufTensor& vector = two.file.tensors[1];
    vector.type = "SIXTEENTHS";
    vector.size_bytes = 32;
    Pool pool(1);
    ASSERT_TRUE(two.read({.pool = &pool, .dequantise = from_sixteenths}));
    EXPECT_EQ(two.weights.output_norm.gain.numbers[5],
              static_cast<float>(two.content[vector.offset + 5]) / 16);
}

// The error of reading two sound tensors after a change.
template <typename Change>
Error error_after(const Change& change, ReadOptions options = {}) {
    std::mt19937 random(5);
    TwoTensors two("Q8_0", random_rows(Format::q8_0, 20, 64, random), 64, 20);
    change(two);
    Pool pool(2);
    options.pool = &pool;
    const auto read = two.read(options);
    EXPECT_FALSE(read);
    return read ? Error{} : read.error();
}

TEST(ReadWeights, a_file_that_is_shorter_than_its_header_says_is_corrupt) {
    const Error vector = error_after([](TwoTensors& two) { two.content.pop_back(); });
    EXPECT_EQ(vector.code, ErrorCode::corrupt);
    EXPECT_NE(vector.message.find("output_norm.weight"), std::string::npos);
    const Error matrix =
        error_after([](TwoTensors& two) { two.file.tensors[0].offset = two.content.size() - 1; });
    EXPECT_EQ(matrix.code, ErrorCode::corrupt);
    EXPECT_NE(matrix.message.find("token_embd.weight"), std::string::npos);
}

TEST(ReadWeights, a_vector_with_what_is_no_number_is_corrupt) {
    for (const float odd :
         {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
        const Error error = error_after([odd](TwoTensors& two) {
            std::memcpy(two.content.data() + two.file.tensors[1].offset + 28, &odd, 4);
        });
        EXPECT_EQ(error.code, ErrorCode::corrupt);
        EXPECT_NE(error.message.find("no number"), std::string::npos);
    }
}

TEST(ReadWeights, a_type_that_cannot_be_read_is_corrupt) {
    const auto change = [](TwoTensors& two) {
        two.file.tensors[0].type = "Q99";
        two.weights.token_embd.is_requantised = true;
    };
    EXPECT_EQ(error_after(change).code, ErrorCode::corrupt);
    EXPECT_EQ(error_after(change, {.dequantise = from_sixteenths}).code, ErrorCode::corrupt);
}

TEST(ReadWeights, stops_when_it_is_told_to) {
    ReadOptions options;
    options.on_progress = [](float) { return false; };
    const Error error = error_after([](TwoTensors&) {}, options);
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_EQ(error.message, "stopped");
}

TEST(ReadWeights, a_file_that_is_not_there_is_unavailable) {
    GgufFile file;
    Weights weights;
    Pool pool(1);
    const auto read = read_weights("/no/such/file.gguf", file, weights, {.pool = &pool});
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::unavailable);
    EXPECT_NE(read.error().message.find("/no/such/file.gguf"), std::string::npos);
}

}  // namespace
}  // namespace fabula::model::cpu
