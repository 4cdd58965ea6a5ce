// SPDX-License-Identifier: 0BSD
#include "sample/foreign_values.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <exception>
#include <new>

namespace fabula::sample {
namespace {

// A scalar is what it can be read as; quoted ones are text.
ForeignValue scalar_of(const YAML::Node& node) {
    bool flag = false;
    double number = 0;
    const bool is_quoted = node.Tag() == "!";
    if (!is_quoted && YAML::convert<double>::decode(node, number)) return number;
    if (!is_quoted && YAML::convert<bool>::decode(node, flag)) return flag;
    return node.Scalar();
}

ForeignValue list_of(const YAML::Node& node) {
    std::vector<std::string> texts;
    std::vector<double> numbers;
    for (const auto& each : node) {
        if (!each.IsScalar()) return {};
        const auto value = scalar_of(each);
        if (const auto* number = std::get_if<double>(&value)) numbers.push_back(*number);
        texts.push_back(each.Scalar());
    }
    if (!numbers.empty() && numbers.size() == texts.size()) return numbers;
    return texts;
}

ForeignValue value_of(const YAML::Node& node) {
    if (node.IsScalar()) return scalar_of(node);
    if (node.IsSequence()) return list_of(node);
    return {};
}

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

}  // namespace

Result<ForeignValues> foreign_values_from_yaml(std::string_view text) {
    // An alias may stand for a value that holds aliases: a short text could grow without end.
    if (text.find('*') != std::string_view::npos && text.find('&') != std::string_view::npos)
        return Error{ErrorCode::invalid_input, "YAML with anchors is no preset"};
    try {
        const YAML::Node parsed = YAML::Load(std::string(text));
        if (!parsed.IsMap())
            return Error{ErrorCode::invalid_input, "not a list of keys and values"};
        ForeignValues values;
        for (const auto& entry : parsed) {
            if (!entry.first.IsScalar())
                return Error{ErrorCode::invalid_input, "a key is no plain word"};
            values.emplace_back(entry.first.Scalar(), value_of(entry.second));
        }
        return values;
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::exhausted, "not enough memory to read it"};
    } catch (const std::exception& failure) {  // of the parser, and of its streams
        return Error{ErrorCode::invalid_input, "not valid YAML: " + first_line(failure.what())};
    }
}

}  // namespace fabula::sample
