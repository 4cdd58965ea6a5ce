// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/import_folder.h"

#include "base/scratch_folder.h"
#include "model/files_below.h"
#include "model/gguf_file.h"
#include "model/hugging_face/export_folder.h"
#include "model/hugging_face/written_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

namespace fabula::model::hugging_face {
namespace {

class ImportFolder : public testing::Test {
protected:
    void SetUp() override {
        std::filesystem::create_directory(source);
        write_gpt2_folder(source);
    }
    Result<ImportReport> import(WeightType type = WeightType::f32) const {
        ImportOptions options;
        options.type = type;
        return import_folder(source, out, options);
    }
    static std::string bytes_of(const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    ScratchFolder scratch;
    std::string source = scratch.at("source");
    std::string out = scratch.at("m.gguf");
};

TEST_F(ImportFolder, writes_a_file_that_is_whole_and_runnable) {
    for (const WeightType type : {WeightType::f32, WeightType::f16, WeightType::q8_0}) {
        const auto report = import(type);
        ASSERT_TRUE(report) << report.error().message;
        EXPECT_EQ(report->architecture, "gpt2");
        EXPECT_EQ(report->n_vocab, 258U);
        EXPECT_EQ(report->kept_f16.empty(), type != WeightType::q8_0);  // rows of eight
        const auto file = inspect_gguf(out);
        ASSERT_TRUE(file) << file.error().message;
        EXPECT_TRUE(check_runnable(*file, "m.gguf"));
        EXPECT_EQ(file->tensor("position_embd.weight")->type, "F32");
        EXPECT_EQ(file->tensor("blk.0.attn_qkv.weight")->shape,
                  (std::vector<std::uint64_t>{8, 24}));
        EXPECT_EQ(file->number("tokenizer.ggml.eos_token_id"), 257U);
    }
}

TEST_F(ImportFolder, gives_the_same_bytes_again_and_through_an_export) {
    ASSERT_TRUE(import());
    const std::string first = bytes_of(out);
    ASSERT_TRUE(import());
    EXPECT_EQ(bytes_of(out), first);
    const auto exported = export_folder(out, scratch.at("again"), {});
    ASSERT_TRUE(exported) << exported.error().message;
    EXPECT_EQ(exported->dtype, "float32");
    source = scratch.at("again");
    const auto again = import();
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(bytes_of(out), first);
}

TEST_F(ImportFolder, leaves_nothing_behind_when_it_fails_or_is_stopped) {
    ImportOptions options;
    options.on_progress = [](float) { return false; };
    const auto stopped = import_folder(source, out, options);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::unavailable);
    auto tensors = gpt2_tensors();
    tensors.back().first = std::numeric_limits<float>::quiet_NaN();
    write_bytes(source + "/model.safetensors", safetensors_of(tensors));
    const auto damaged = import();
    ASSERT_FALSE(damaged);
    EXPECT_NE(damaged.error().message.find("output_norm.bias"), std::string::npos);
    EXPECT_TRUE(files_below(scratch.path(), "gguf").empty());
    EXPECT_EQ(files_below(scratch.path()).size(), 3U);
}

TEST_F(ImportFolder, refuses_a_folder_in_one_line_that_names_the_fault) {
    write_bytes(source + "/config.json", "{\"architectures\":[\"MambaForCausalLM\"]}");
    EXPECT_NE(import().error().message.find("'MambaForCausalLM'"), std::string::npos);
    std::filesystem::remove(source + "/config.json");
    EXPECT_EQ(import().error().code, ErrorCode::not_found);
    EXPECT_EQ(import_folder(scratch.at("nowhere"), out, {}).error().code, ErrorCode::not_found);
    write_gpt2_folder(source);
    const auto whole = bytes_of(source + "/model.safetensors");
    write_bytes(source + "/model.safetensors", whole.substr(0, whole.size() - 4));
    EXPECT_EQ(import().error().code, ErrorCode::corrupt);
}

TEST_F(ImportFolder, is_asked_for_by_the_folder_or_a_file_in_it) {
    EXPECT_EQ(model_folder_of(source), source);
    EXPECT_EQ(model_folder_of(source + "/model.safetensors"), source);
    EXPECT_EQ(model_folder_of(source + "/config.json"), source);
    EXPECT_EQ(model_folder_of("x.safetensors"), ".");
    EXPECT_EQ(model_folder_of("stories15M.bin"), "");
}

TEST_F(ImportFolder, is_exported_to_an_empty_folder_only) {
    ASSERT_TRUE(import());
    const auto taken = export_folder(out, source, {});
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, ErrorCode::conflict);
    const auto stopped = export_folder(out, scratch.at("x"), [](float) { return false; });
    ASSERT_FALSE(stopped);
    EXPECT_FALSE(std::filesystem::exists(scratch.at("x") + "/config.json"));
    EXPECT_FALSE(export_folder(source + "/config.json", scratch.at("y"), {}));
    EXPECT_FALSE(std::filesystem::exists(scratch.at("y")));
}

}  // namespace
}  // namespace fabula::model::hugging_face
