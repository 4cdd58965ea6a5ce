// SPDX-License-Identifier: 0BSD
#include "story/tree.h"

#include <gtest/gtest.h>

namespace fabula::story {
namespace {

TEST(Tree, reads_one_branch_and_not_its_sibling) {
    Tree tree("The well was dry. ");
    const auto left = tree.add(PassageId::root, Origin::generated, "She climbed down.");
    const auto right = tree.add(PassageId::root, Origin::written, "She walked on.");
    ASSERT_TRUE(left && right);
    EXPECT_EQ(tree.read(*right).value(), "The well was dry. She walked on.");
    EXPECT_EQ(tree.at(*right).origin, Origin::written);
}

TEST(Tree, names_the_passage_it_does_not_have) {
    const Tree tree("The well was dry.");
    EXPECT_EQ(tree.read(PassageId{9}).error().message, "passage 9 is not in this story");
    EXPECT_EQ(tree.path(PassageId{9}).error().code, ErrorCode::not_found);
}

TEST(Tree, knows_where_a_passage_stands) {
    Tree tree("a");
    const auto b = tree.add(PassageId::root, Origin::generated, "b").value();
    const auto c = tree.add(PassageId::root, Origin::generated, "c").value();
    const auto d = tree.add(c, Origin::generated, "d").value();
    EXPECT_EQ(tree.path(d).value(), (std::vector<PassageId>{PassageId::root, c, d}));
    EXPECT_EQ(tree.children(PassageId::root), (std::vector<PassageId>{b, c}));
    EXPECT_EQ(tree.sibling_index(c), 1U);
    EXPECT_EQ(tree.sibling_index(d), 0U);
    EXPECT_EQ(tree.step(PassageId::root), 0U);
    EXPECT_EQ(tree.step(d), 2U);
}

TEST(Origin, survives_its_name) {
    for (const auto origin : {Origin::opening, Origin::generated, Origin::written, Origin::edited})
        EXPECT_EQ(origin_named(name_of(origin)).value(), origin);
    EXPECT_FALSE(origin_named("stolen"));
}

}  // namespace
}  // namespace fabula::story
