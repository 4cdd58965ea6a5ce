// SPDX-License-Identifier: 0BSD
#include "app/policies.h"

#include <gtest/gtest.h>

namespace fabula::app {
namespace {

using preference::Policy;

TEST(Policies, are_named_alone_or_with_adaptive) {
    const std::pair<const char*, PolicyName> names[] = {
        {"fixed", {Policy::fixed, false}},
        {"random", {Policy::random, false}},
        {"auto", {Policy::automatic, false}},
        {"adaptive", {Policy::fixed, true}},
        {"fixed+adaptive", {Policy::fixed, true}},
        {"portfolio+adaptive", {Policy::portfolio, true}}};
    for (const auto& [name, expected] : names) {
        const auto found = policy_name_from(name);
        ASSERT_TRUE(found) << name;
        EXPECT_EQ(*found, expected) << name;
    }
    for (const char* name : {"", "ranodm", "adaptive+random", "random+", "+adaptive", "random+x"}) {
        const auto found = policy_name_from(name);
        ASSERT_FALSE(found) << name;
        EXPECT_NE(found.error().message.find("portfolio+adaptive"), std::string::npos);
    }
}

TEST(Policies, the_name_with_a_candidate_is_one_that_can_be_given) {
    for (const char* name : {"fixed", "random", "adaptive", "random+adaptive"}) {
        engine::OfferOptions options;
        const auto parsed = policy_name_from(name);
        ASSERT_TRUE(parsed) << name;
        options.proposer = *preference::learn(parsed->policy, {}, {});
        options.is_adaptive = parsed->is_adaptive;
        EXPECT_EQ(engine::policy_name(options), name);
    }
}

}  // namespace
}  // namespace fabula::app
