// SPDX-License-Identifier: 0BSD
#include "model/import_llama2c.h"

#include "model/gguf_file.h"
#include "model/made_llama2c.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

namespace fabula::model {
namespace {

namespace fs = std::filesystem;

class ImportLlama2c : public testing::Test {
protected:
    void SetUp() override {
        folder = fs::temp_directory_path() / ("fabula-import-" + std::to_string(::getpid()));
        fs::remove_all(folder);
        fs::create_directories(folder);
        out = folder / "m.gguf";
        use(make_llama2c({}, 7));
    }
    void TearDown() override { fs::remove_all(folder); }

    void use(const MadeLlama2c& made) {
        write("model.bin", made.checkpoint);
        write("tok.bin", made.tokenizer);
    }
    void write(const std::string& name, std::span<const std::byte> bytes) const {
        std::ofstream file(folder / name, std::ios::binary);
        file.write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
    }
    Result<ImportReport> import(const ImportOptions& options = {}) const {
        return import_llama2c(folder / "model.bin", folder / "tok.bin", out, options);
    }
    std::string bytes_of(const fs::path& path) const {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::size_t n_files() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
    }

    fs::path folder;
    fs::path out;
};

TEST_F(ImportLlama2c, writes_a_file_that_is_whole_and_runnable) {
    for (const WeightType type :
         {WeightType::f32, WeightType::f16, WeightType::q8_0, WeightType::q4_0}) {
        const auto report = import({.name = "made", .type = type});
        ASSERT_TRUE(report) << report.error().message;
        EXPECT_TRUE(report->kept_f16.empty());
        EXPECT_TRUE(report->tied_head);
        EXPECT_EQ(report->n_vocab, 300U);
        EXPECT_EQ(report->window_tokens, 64U);
        EXPECT_EQ(report->size_bytes, fs::file_size(out));
        const auto file = inspect_gguf(out);
        ASSERT_TRUE(file) << file.error().message;
        EXPECT_TRUE(check_runnable(*file, "m.gguf"));
        EXPECT_EQ(file->text("general.name"), "made");
        EXPECT_EQ(file->number("tokenizer.ggml.eos_token_id"), 1U);
        EXPECT_EQ(file->number("llama.rope.dimension_count"), 8U);
        EXPECT_EQ(file->tensor("output.weight"), nullptr);
        EXPECT_EQ(file->tensor("blk.1.attn_norm.weight")->type, "F32");
    }
    EXPECT_EQ(n_files(), 3U);
}

TEST_F(ImportLlama2c, keeps_f16_where_no_block_divides_a_row) {
    use(make_llama2c({.n_hidden = 44, .tied_head = false}, 7));
    const auto report = import({.type = WeightType::q8_0});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->kept_f16,
              (std::vector<std::string>{"blk.0.ffn_down.weight", "blk.1.ffn_down.weight"}));
    const auto file = inspect_gguf(out);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->tensor("blk.0.ffn_down.weight")->type, "F16");
    EXPECT_EQ(file->tensor("blk.0.ffn_up.weight")->type, "Q8_0");
    EXPECT_EQ(file->tensor("output.weight")->shape, (std::vector<std::uint64_t>{32, 300}));
}

TEST_F(ImportLlama2c, gives_the_same_bytes_for_the_same_input) {
    ASSERT_TRUE(import());
    const std::string first = bytes_of(out);
    ASSERT_TRUE(import());
    EXPECT_EQ(bytes_of(out), first);
}

TEST_F(ImportLlama2c, reads_a_part_of_a_file_at_any_byte) {
    ASSERT_TRUE(import());
    const std::string whole = bytes_of(out);
    const std::string checkpoint = bytes_of(folder / "model.bin");
    const std::string tokenizer = bytes_of(folder / "tok.bin");
    const fs::path joined = folder / "joined:data";
    std::ofstream(joined, std::ios::binary) << "xyz" << checkpoint << tokenizer;
    const std::string border = std::to_string(3 + checkpoint.size());
    const std::string end = std::to_string(3 + checkpoint.size() + tokenizer.size());
    const auto report = import_llama2c(joined.string() + ":3:" + border,
                                       joined.string() + ":" + border + ":" + end, out, {});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(bytes_of(out), whole);

    const auto past = import_llama2c(joined.string() + ":3:999999999", folder / "tok.bin", out, {});
    ASSERT_FALSE(past);
    EXPECT_EQ(past.error().code, ErrorCode::invalid_input);
}

TEST_F(ImportLlama2c, refuses_what_it_cannot_read_or_write_and_leaves_nothing) {
    const auto code = [&](const std::string& checkpoint, const std::string& to) {
        const auto report =
            import_llama2c(folder / checkpoint, folder / "tok.bin", folder / to, {});
        return report ? "" : std::string(name_of(report.error().code));
    };
    fs::create_directory(folder / "sub");
    EXPECT_EQ(code("none.bin", "m.gguf"), "not_found");
    EXPECT_EQ(code("sub", "m.gguf"), "not_found");
    EXPECT_EQ(code("model.bin", "sub"), "conflict");
    EXPECT_EQ(code("model.bin", "none/m.gguf"), "not_found");
    EXPECT_EQ(code("tok.bin", "m.gguf"), "corrupt");
    EXPECT_EQ(n_files(), 3U);
}

TEST_F(ImportLlama2c, refuses_weights_that_the_type_cannot_hold) {
    MadeLlama2c made = make_llama2c({}, 7);
    const float large = 1e6F;
    std::memcpy(made.checkpoint.data() + 28, &large, sizeof(large));
    use(made);
    EXPECT_TRUE(import({.type = WeightType::f32}));
    const auto refused = import({.type = WeightType::f16});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
    const float no_number = std::numeric_limits<float>::quiet_NaN();
    std::memcpy(made.checkpoint.data() + 28, &no_number, sizeof(no_number));
    use(made);
    EXPECT_FALSE(import({.type = WeightType::f32}));
    EXPECT_EQ(n_files(), 3U);
}

TEST_F(ImportLlama2c, stops_when_asked_and_keeps_the_file_that_was_there) {
    ASSERT_TRUE(import());
    const std::string before = bytes_of(out);
    float last = 0;
    const auto stopped = import({.type = WeightType::f32, .on_progress = [&last](float share) {
                                     last = share;
                                     return share < 0.5F;
                                 }});
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::unavailable);
    EXPECT_GE(last, 0.5F);
    EXPECT_EQ(bytes_of(out), before);
    EXPECT_EQ(n_files(), 3U);
}

TEST_F(ImportLlama2c, leaves_nothing_behind_where_the_disk_is_full) {
    const fs::path small = folder / "small";
    fs::create_directory(small);
    if (::mount("none", small.c_str(), "tmpfs", 0, "size=32k") != 0) {
        GTEST_SKIP() << "mounting a small file system takes root";
    }
    const auto report =
        import_llama2c(folder / "model.bin", folder / "tok.bin", small / "m.gguf", {});
    const bool empty = fs::is_empty(small);
    ::umount(small.c_str());
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::exhausted) << report.error().message;
    EXPECT_TRUE(empty);
}

TEST(WeightType, has_a_name_that_names_it) {
    for (const char* const name : {"f32", "f16", "q8_0", "q4_0"}) {
        const auto type = weight_type_named(name);
        ASSERT_TRUE(type);
        EXPECT_STREQ(name_of(*type), name);
    }
    EXPECT_EQ(weight_type_named("q4_K").error().code, ErrorCode::invalid_input);
}

}  // namespace
}  // namespace fabula::model
