// SPDX-License-Identifier: 0BSD
// What tools/make_model writes, read back by ggml, by our inspection and by llama.cpp.
#include "make_model/made_model.h"
#include "make_model/made_vocabulary.h"
#include "model/gguf_file.h"
#include "model/load.h"
#include "model/sha256.h"
#include "reference/model_files.h"

#include <ggml-cpp.h>
#include <ggml.h>
#include <gguf.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <span>

namespace fabula::reference {
namespace {

namespace fs = std::filesystem;
using make_model::Family;
using make_model::MadeModel;

constexpr std::array<Family, 3> families = {Family::bloom, Family::gpt2, Family::llama};

MadeModel tiny(Family family, const std::string& type = "f32", std::uint64_t seed = 1) {
    return {*make_model::shape_named("tiny", family), *make_model::type_named(type), seed, false,
            1};
}

std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void make(const MadeModel& wanted, const std::string& out) {
    const auto made = make_model::write_made_model(wanted, out);
    ASSERT_TRUE(made) << made.error().message;
}

Error refusal(const MadeModel& wanted, const std::string& out) {
    const auto made = make_model::write_made_model(wanted, out);
    EXPECT_FALSE(made);
    return made ? Error{} : made.error();
}

std::ptrdiff_t n_files(const std::string& folder) {
    return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

/// The numbers of each tensor of a file of F32.
std::map<std::string, std::vector<float>> numbers_of(const std::string& path) {
    ggml_context* context = nullptr;
    const gguf_context_ptr gguf(gguf_init_from_file(path.c_str(), {false, &context}));
    const ggml_context_ptr tensors(context);
    std::map<std::string, std::vector<float>> numbers;
    for (ggml_tensor* tensor = ggml_get_first_tensor(context); tensor != nullptr;
         tensor = ggml_get_next_tensor(context, tensor)) {
        if (tensor->type != GGML_TYPE_F32) continue;
        const auto* const data = static_cast<const float*>(tensor->data);
        numbers[ggml_get_name(tensor)] = {data, data + ggml_nelements(tensor)};
    }
    return numbers;
}

bool is_norm(const std::string& name) {
    return name.ends_with("_norm.weight");
}

double mean_of(const std::vector<float>& numbers, int power) {
    double sum = 0;
    for (const float number : numbers)
        sum += std::pow(static_cast<double>(number), power);
    return sum / static_cast<double>(numbers.size());
}

struct Kind {
    Family family;
    std::string type;
    std::string of_matrices;  // what ggml calls it
};

class MadeFile : public testing::TestWithParam<Kind> {};

TEST_P(MadeFile, is_sound_and_of_its_type) {
    const Folder folder;
    const std::string path = folder / "m.gguf";
    make(tiny(GetParam().family, GetParam().type), path);
    EXPECT_EQ(n_files(folder / ""), 1);
    const auto file = model::inspect_gguf(path);
    ASSERT_TRUE(file) << file.error().message;
    const auto runnable = model::check_runnable(*file, "m.gguf");
    EXPECT_TRUE(runnable) << runnable.error().message;
    for (const model::GgufTensor& tensor : file->tensors) {
        const bool is_matrix = tensor.shape.size() == 2 && tensor.name != "position_embd.weight";
        EXPECT_EQ(tensor.type, is_matrix ? GetParam().of_matrices : "F32") << tensor.name;
    }
    const bool has_head = file->tensor("output.weight") != nullptr;
    EXPECT_EQ(has_head, GetParam().family == Family::llama);
}

TEST_P(MadeFile, runs_in_llama) {
    const Folder folder;
    make(tiny(GetParam().family, GetParam().type), folder / "m.gguf");
    auto loaded = model::load_model(folder / "m.gguf", model::Backend::llama, exact());
    ASSERT_TRUE(loaded) << loaded.error().message;
    model::Model& model = **loaded;
    EXPECT_EQ(model.info().architecture, name_of(GetParam().family));
    EXPECT_EQ(model.info().n_vocab, 600U);
    EXPECT_EQ(model.info().window_tokens, 512U);
    const auto one = logits_behind(model, {5, 300, 599});
    const auto other = logits_behind(model, {5, 300, 17});
    EXPECT_GT(distance(one, other), 0.1F);  // and both are finite
    EXPECT_GT(distance(logits_behind(model, {300, 5, 599}), one), 1e-3F) << "positions count";
}

std::vector<Kind> kinds() {
    std::vector<Kind> all;
    for (const Family family : families) {
        for (const auto& [type, name] :
             std::map<std::string, std::string>{{"f32", "F32"},
                                                {"f16", "F16"},
                                                {"bf16", "BF16"},
                                                {"q8_0", "Q8_0"},
                                                {"q4_0", "Q4_0"},
                                                {"q5_0", "Q5_0"},
                                                {"q5_1", "Q5_1"},
                                                {"q2_k", "Q2_K"},
                                                {"q4_k", "Q4_K"},
                                                {"q5_k", "Q5_K"},
                                                {"q6_k", "Q6_K"},
                                                {"iq2_xxs", "IQ2_XXS"}}) {
            all.push_back({family, type, name});
        }
    }
    return all;
}

std::string name_of_kind(const testing::TestParamInfo<Kind>& made) {
    return std::string(name_of(made.param.family)) + "_" + made.param.type;
}
INSTANTIATE_TEST_SUITE_P(Kinds, MadeFile, testing::ValuesIn(kinds()), name_of_kind);

TEST(MakeModel, writes_the_mixtures_of_llama) {
    const Folder folder;
    for (const Family family : families) {
        make(tiny(family, "q4_k_m"), folder / "m.gguf");
        const auto file = model::inspect_gguf(folder / "m.gguf");
        ASSERT_TRUE(file) << file.error().message;
        const bool is_llama = family == Family::llama;
        const auto type_of = [&](const char* name) { return file->tensor(name)->type; };
        EXPECT_EQ(type_of("blk.0.attn_output.weight"), "Q4_K");
        EXPECT_EQ(type_of(is_llama ? "output.weight" : "token_embd.weight"), "Q6_K");
        EXPECT_EQ(type_of(is_llama ? "blk.2.attn_v.weight" : "blk.1.attn_qkv.weight"), "Q6_K");
        EXPECT_EQ(file->number("general.file_type"), 15U);
        EXPECT_TRUE(model::load_model(folder / "m.gguf", model::Backend::llama, exact()));
    }
}

TEST(MakeModel, spells_every_text_in_tokens_of_several_letters) {
    const Folder folder;
    const std::vector<std::string> texts = {
        "Once upon a time the hen saw 42 wolves.",
        "  two spaces,\n\n\tand \xE2\x80\x9Cquotes\xE2\x80\x9D\xE2\x80\xA6 caf\xC3\xA9",
        "\xF0\x9F\x90\xBA \xE6\xBC\xA2\xE5\xAD\x97 \xD8\xB3\xD9\x84\xD8\xA7\xD9\x85",
        std::string("nul\0byte", 8),
        "<s>typed</s>",
        "'s |x| (y)"};
    for (const Family family : families) {
        MadeModel wanted = tiny(family);
        wanted.shape.n_vocab = 40000;
        make(wanted, folder / "m.gguf");
        auto model = model::load_model(folder / "m.gguf", model::Backend::llama, exact());
        ASSERT_TRUE(model) << model.error().message;
        for (const std::string& text : texts) {
            const auto tokens = (*model)->encode(text, model::Place::inside);
            ASSERT_TRUE(tokens) << tokens.error().message;
            std::string spelt;
            for (const TokenId token : *tokens)
                spelt += (*model)->piece(token);
            EXPECT_EQ(spelt, text);
        }
        const auto tokens = (*model)->encode("the rain on the stone", model::Place::inside);
        ASSERT_TRUE(tokens);
        EXPECT_LT(tokens->size(), 12U);  // of 21 letters
        const auto start = (*model)->encode("a", model::Place::start);
        ASSERT_TRUE(start);
        EXPECT_EQ(start->front() == 0, family == Family::llama) << "the start token";
        EXPECT_TRUE((*model)->is_end(1));
        EXPECT_FALSE((*model)->is_end(0));
        EXPECT_EQ((*model)->piece(1), "");
    }
}

TEST(MakeModel, gives_the_same_bytes_for_the_same_seed_and_others_for_another) {
    const Folder folder;
    for (const char* const type : {"f32", "q4_k_m"}) {
        MadeModel wanted = tiny(Family::bloom, type, 7);
        make(wanted, folder / "a.gguf");
        wanted.n_threads = 3;
        make(wanted, folder / "b.gguf");
        EXPECT_TRUE(bytes_of(folder / "a.gguf") == bytes_of(folder / "b.gguf"));
        make(tiny(Family::bloom, type, 8), folder / "b.gguf");
        EXPECT_FALSE(bytes_of(folder / "a.gguf") == bytes_of(folder / "b.gguf"));
    }
    make(tiny(Family::llama, "f32", 7), folder / "a.gguf");
    make(tiny(Family::llama, "f32", 8), folder / "b.gguf");
    const auto one = numbers_of(folder / "a.gguf");
    const auto other = numbers_of(folder / "b.gguf");
    ASSERT_EQ(one.size(), other.size());
    for (const auto& [name, numbers] : one)
        EXPECT_NE(numbers, other.at(name)) << name;
}

// Figures that were measured with a made model are worth nothing when it changes unnoticed: whoever
// means to change it writes the new sums here.
TEST(MakeModel, makes_today_what_it_made_before_and_elsewhere) {
    const Folder folder;
    const std::map<Family, std::string> sums = {
        {Family::bloom, "2c830db4fe9207bdd05dd31d5a8a55d255f85417b2d28daa9f6f7797f1d4567a"},
        {Family::gpt2, "b88e6af0238c526a733acae64a6073fe423b7bf42b3712965c7402bfaf7f85fa"},
        {Family::llama, "5bf0a37b649e466b8a86c827d18cdf2a31a9ee72b6448b83a50dd9f5ee9f7d3a"}};
    for (const auto& [family, sum] : sums) {
        make(tiny(family), folder / "m.gguf");
        const std::string bytes = bytes_of(folder / "m.gguf");
        EXPECT_EQ(model::sha256_of(std::as_bytes(std::span(bytes))), sum) << name_of(family);
    }
}

TEST(MakeModel, fills_the_tensors_as_it_says) {
    const Folder folder;
    for (const Family family : families) {
        make(tiny(family), folder / "m.gguf");
        for (const auto& [name, numbers] : numbers_of(folder / "m.gguf")) {
            const double mean = mean_of(numbers, 1);
            const double deviation = std::sqrt(mean_of(numbers, 2) - mean * mean);
            const double doubt = 5 / std::sqrt(static_cast<double>(numbers.size()));
            if (is_norm(name)) {
                const auto [least, most] = std::ranges::minmax(numbers);
                EXPECT_GE(least, 0.7F) << name;
                EXPECT_LT(least, 0.73F) << name;
                EXPECT_LE(most, 1.3F) << name;
                EXPECT_GT(most, 1.27F) << name;
            } else if (name.ends_with(".bias")) {
                EXPECT_NEAR(deviation, 0.05, 0.05 * doubt) << name;
                EXPECT_EQ(std::ranges::count(numbers, 0.0F), 0) << name;
            } else {
                const double fan_in = name.ends_with("ffn_down.weight")
                                          ? (family == Family::llama ? 768 : 1024)
                                          : 256;
                EXPECT_NEAR(mean * std::sqrt(fan_in), 0, doubt) << name;
                EXPECT_NEAR(deviation * std::sqrt(fan_in), 1, doubt) << name;
                EXPECT_NEAR(mean_of(numbers, 4) * fan_in * fan_in, 3, 12 * doubt) << name;
            }
        }
    }
}

TEST(MakeModel, makes_six_channels_of_the_gains_outliers_and_changes_nothing_else) {
    const Folder folder;
    for (const Family family : families) {
        MadeModel wanted = tiny(family, "f32", 3);
        make(wanted, folder / "plain.gguf");
        wanted.outliers = true;
        make(wanted, folder / "outliers.gguf");
        const auto plain = numbers_of(folder / "plain.gguf");
        const auto with_outliers = numbers_of(folder / "outliers.gguf");
        std::set<std::size_t> channels;
        for (const auto& [name, numbers] : plain) {
            const auto& others = with_outliers.at(name);
            ASSERT_EQ(others.size(), numbers.size());
            std::size_t n_changed = 0;
            for (std::size_t i = 0; i < numbers.size(); ++i) {
                if (others[i] == numbers[i]) continue;
                EXPECT_EQ(others[i], 20 * numbers[i]);
                channels.insert(i);
                ++n_changed;
            }
            const bool has_outliers = is_norm(name) && name != "token_embd_norm.weight";
            EXPECT_EQ(n_changed, has_outliers ? 6U : 0U) << name;
        }
        EXPECT_EQ(channels.size(), 6U) << "the same channels in every norm";
    }
}

TEST(MakeModel, changes_the_head_and_no_other_tensor) {
    const Folder folder;
    for (const Family family : families) {
        MadeModel wanted = tiny(family);
        wanted.shape.tied_head = true;
        make(wanted, folder / "tied.gguf");
        wanted.shape.tied_head = false;
        make(wanted, folder / "own.gguf");
        const auto tied = numbers_of(folder / "tied.gguf");
        auto own = numbers_of(folder / "own.gguf");
        ASSERT_EQ(own.erase("output.weight"), 1U);
        EXPECT_EQ(own, tied);
    }
}

TEST(MakeModel, knows_the_shapes_of_known_models) {
    const auto bloom = make_model::shape_named("bloom-560m", std::nullopt);
    ASSERT_TRUE(bloom);
    EXPECT_EQ(bloom->family, Family::bloom);
    EXPECT_EQ(bloom->n_vocab, 250880U);
    for (const char* const name : {"bloom-560m", "gpt2-small", "smollm-135m", "tinyllama-1.1b"}) {
        const auto shape = make_model::shape_named(name, std::nullopt);
        ASSERT_TRUE(shape) << shape.error().message;
        EXPECT_TRUE(make_model::check_shape(*shape)) << name;
    }
    EXPECT_FALSE(make_model::shape_named("tiny", std::nullopt));
    EXPECT_FALSE(make_model::shape_named("gpt2-small", Family::llama));
    EXPECT_FALSE(make_model::shape_named("opt", std::nullopt));
    EXPECT_FALSE(make_model::family_named("opt"));
    EXPECT_FALSE(make_model::type_named("q9"));
}

TEST(MakeModel, makes_vocabularies_of_any_size_without_twins) {
    std::vector<std::string> smaller;
    for (const std::uint64_t n : {make_model::least_vocab, std::uint64_t{600},
                                  std::uint64_t{250880}, make_model::most_vocab}) {
        const make_model::MadeVocabulary made = make_model::make_vocabulary(n);
        ASSERT_EQ(made.tokens.size(), n);
        ASSERT_EQ(made.kinds.size(), n);
        ASSERT_EQ(made.merges.size(), n - make_model::least_vocab);
        const std::set<std::string> distinct(made.tokens.begin(), made.tokens.end());
        EXPECT_EQ(distinct.size(), n);
        EXPECT_TRUE(std::ranges::equal(smaller, std::span(made.tokens).first(smaller.size())));
        for (const std::string& merge : made.merges) {
            const std::size_t gap = merge.find(' ');
            ASSERT_TRUE(distinct.contains(merge.substr(0, gap)) &&
                        distinct.contains(merge.substr(gap + 1)) &&
                        distinct.contains(merge.substr(0, gap) + merge.substr(gap + 1)))
                << merge;
        }
        smaller = made.tokens;
    }
}

TEST(MakeModel, refuses_shapes_that_the_family_cannot_have) {
    const Folder folder;
    const auto refused = [&](Family family, auto change) {
        MadeModel wanted = tiny(family);
        change(wanted.shape);
        const Error error = refusal(wanted, folder / "m.gguf");
        EXPECT_EQ(error.code, ErrorCode::invalid_input) << error.message;
        return error.message;
    };
    EXPECT_EQ(refused(Family::bloom, [](auto& shape) { shape.n_layer = 0; }),
              "n_layer 0: possible is 1 to 512");
    refused(Family::bloom, [](auto& shape) { shape.n_head = 5; });
    refused(Family::gpt2, [](auto& shape) { shape.n_head_kv = 2; });
    refused(Family::llama, [](auto& shape) { shape.n_head_kv = 3; });
    refused(Family::llama, [](auto& shape) { shape.n_vocab = 257; });
    refused(Family::llama, [](auto& shape) { shape.n_embd = 12, shape.n_ff = 32; });
    EXPECT_EQ(n_files(folder / ""), 0);
}

TEST(MakeModel, refuses_a_place_where_nothing_can_be_written) {
    const Folder folder;
    EXPECT_EQ(refusal(tiny(Family::llama), folder / "nowhere/m.gguf").code, ErrorCode::not_found);
    EXPECT_EQ(refusal(tiny(Family::llama, "q8_0"), folder / "").code, ErrorCode::conflict);
    EXPECT_EQ(n_files(folder / ""), 0);
}

TEST(MakeModel, leaves_nothing_behind_where_the_disk_is_full) {
    const Folder folder;
    const std::string small = folder / "small";
    fs::create_directory(small);
    // 3.5 MB of F16 do not fit into the first; into the second they do, but no Q8_0 beside them.
    for (const char* const size : {"size=2m", "size=4500k"}) {
        if (::mount("none", small.c_str(), "tmpfs", 0, size) != 0) {
            GTEST_SKIP() << "mounting a small file system takes root";
        }
        for (const char* const type : {"f32", "q8_0"}) {
            const Error error = refusal(tiny(Family::bloom, type), small + "/m.gguf");
            EXPECT_EQ(error.code, ErrorCode::exhausted) << type << ": " << error.message;
            EXPECT_TRUE(error.message.starts_with("file '")) << error.message;
        }
        EXPECT_TRUE(fs::is_empty(small));
        ::umount(small.c_str());
    }
}

TEST(MakeModel, tells_how_far_it_is) {
    const Folder folder;
    for (const char* const type : {"f32", "q4_k"}) {
        MadeModel wanted = tiny(Family::llama, type);
        std::vector<float> shares;
        wanted.on_progress = [&](float share) { shares.push_back(share); };
        make(wanted, folder / "m.gguf");
        EXPECT_GT(shares.size(), 10U);
        EXPECT_TRUE(std::ranges::is_sorted(shares));
        EXPECT_GT(shares.back(), 0.9F) << type;
        EXPECT_LE(shares.back(), 1.0F) << type;
    }
}

}  // namespace
}  // namespace fabula::reference
