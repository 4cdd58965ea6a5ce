// SPDX-License-Identifier: 0BSD
#include "evaluate/markup.h"

#include <gtest/gtest.h>

namespace fabula::evaluate {
namespace {

TEST(Escaped, leaves_nothing_that_a_page_would_act_on) {
    EXPECT_EQ(escaped("<b a='1' c=\"2\">&amp;"),
              "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp;");
    EXPECT_EQ(escaped("a\x01"
                      "b\xFF"),
              "a\xEF\xBF\xBD"
              "b\xEF\xBF\xBD");
    EXPECT_EQ(escaped("a\xE2\x80\xAE"
                      "b"),
              "ab")
        << "turns the direction of writing";
    EXPECT_EQ(escaped("na\xC3\xAFve\n"), "na\xC3\xAFve\n");
}

TEST(Table, escapes_its_cells) {
    const auto markup = table({"<h>"}, {{"a & b"}, {"c"}});
    EXPECT_NE(markup.find("<th scope=\"col\">&lt;h&gt;</th>"), std::string::npos);
    EXPECT_NE(markup.find("<th scope=\"row\">a &amp; b</th>"), std::string::npos);
}

}  // namespace
}  // namespace fabula::evaluate
