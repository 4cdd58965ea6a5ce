// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/weight_files.h"

#include "base/scratch_folder.h"
#include "model/hugging_face/written_folder.h"

#include <gtest/gtest.h>

#include <cstring>

namespace fabula::model::hugging_face {
namespace {

class WeightFilesTest : public testing::Test {
protected:
    void write(const std::string& name, const std::string& bytes) const {
        write_bytes(folder.at(name), bytes);
    }
    void write_index(const std::string& map) const {
        write("model.safetensors.index.json", R"({"weight_map":{)" + map + "}}");
    }
    Error refusal() const {
        const auto files = WeightFiles::open(folder.path(), "model");
        EXPECT_FALSE(files);
        return files ? Error{ErrorCode::conflict, ""} : files.error();
    }

    ScratchFolder folder;
};

TEST_F(WeightFilesTest, reads_one_file_or_several_under_an_index) {
    write("model.safetensors", safetensors_of({{"a", {2}, 3}}));
    const auto one = WeightFiles::open(folder.path(), "model");
    ASSERT_TRUE(one) << one.error().message;
    EXPECT_NE(one->tensor("a"), nullptr);
    write("one.safetensors", safetensors_of({{"b", {2}, 4}}));
    write("two.safetensors", safetensors_of({{"c", {1}, 5}, {"d", {3}, 6}}));
    write_index(R"("b":"one.safetensors","c":"two.safetensors","d":"two.safetensors")");
    const auto several = WeightFiles::open(folder.path(), "model");
    ASSERT_TRUE(several) << several.error().message;
    EXPECT_EQ(several->tensors().size(), 3U);
    EXPECT_EQ(several->tensor("a"), nullptr);
    float first = 0;
    std::memcpy(&first, several->bytes(*several->tensor("d")).data(), sizeof(first));
    EXPECT_EQ(first, 6.0F);
}

TEST_F(WeightFilesTest, refuses_an_index_that_is_not_that_of_its_files) {
    write("one.safetensors", safetensors_of({{"a", {2}}, {"b", {2}}}));
    write_index(R"("a":"one.safetensors")");
    EXPECT_NE(refusal().message.find("'b'"), std::string::npos);
    write_index(R"("a":"one.safetensors","b":"one.safetensors","c":"one.safetensors")");
    EXPECT_NE(refusal().message.find("'c'"), std::string::npos);
    write("two.safetensors", safetensors_of({{"b", {2}}, {"c", {1}}}));
    write_index(R"("a":"one.safetensors","b":"one.safetensors","c":"two.safetensors")");
    EXPECT_NE(refusal().message.find("in another file too"), std::string::npos);
    write_index(R"("a":"three.safetensors")");
    EXPECT_EQ(refusal().code, ErrorCode::not_found);
}

TEST_F(WeightFilesTest, looks_at_no_file_outside_the_folder) {
    for (const char* const file : {"../x.safetensors", "/etc/passwd", "..", "", "a/b"}) {
        write_index(std::string(R"("a":")") + file + "\"");
        const Error error = refusal();
        EXPECT_EQ(error.code, ErrorCode::corrupt) << file;
        EXPECT_NE(error.message.find("lies in no file of the folder"), std::string::npos);
    }
    write_index("");
    EXPECT_EQ(refusal().code, ErrorCode::corrupt);
}

TEST_F(WeightFilesTest, says_why_pickled_weights_are_not_read) {
    EXPECT_EQ(refusal().code, ErrorCode::not_found);
    write("pytorch_model.bin", "PK");
    const Error error = refusal();
    EXPECT_EQ(error.code, ErrorCode::invalid_input);
    EXPECT_NE(error.message.find("pickled"), std::string::npos);
}

}  // namespace
}  // namespace fabula::model::hugging_face
