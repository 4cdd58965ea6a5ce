// SPDX-License-Identifier: 0BSD
// Which settings a server knows, and by what names. Servers that speak one API differ in what they
// take beside it: some refuse what they do not know, most ignore it, so what is not known to be
// known is left out, and named.
#pragma once

#include "model/remote/answer.h"
#include "sample/settings.h"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::model {

/// Who answers. `plain` knows what OpenAI's API has and nothing else.
enum class Dialect {
    plain,
    openai,
    openrouter,
    vllm,
    llama_server,
    koboldcpp,
    fabula,
    tgi,
    ollama
};
/// "plain", "openai", ...
const char* name_of(Dialect dialect);

/// The dialect that goes with an API where nobody can say more.
Dialect usual_dialect(RemoteApi api);

/// The dialect of a server that names itself so ("owned_by" of its models), at that host.
Dialect dialect_of(std::string_view owner, std::string_view host);

/// A setting as it is sent.
struct SentSetting {
    std::string name;  // theirs
    std::string ours;  // the setting that it stands for
    double value = 0;
    bool is_whole = false;
};

struct SentSettings {
    std::vector<SentSetting> numbers;
    std::vector<std::string> left_out;  // settings of ours that are set and that nobody there knows
};

/// What of the numbers is sent: those that the server knows, but for those in `unknown` (names of
/// theirs that it refused). Where a server has defaults of its own, what is off is sent, too.
/// Settings that are no numbers are named in `left_out` where the dialect has no name for them
/// (`name_in`); `stop` never is: it is applied here.
SentSettings sent_settings(Dialect dialect, const sample::Settings& settings,
                           const std::set<std::string>& unknown);

/// What the dialect calls a setting of ours, or nothing.
std::optional<std::string> name_in(Dialect dialect, std::string_view ours);

/// Whether one request may ask for several candidates.
bool has_n(Dialect dialect);

}  // namespace fabula::model
