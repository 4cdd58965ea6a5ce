// SPDX-License-Identifier: 0BSD
#include "store/bounded_json.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace fabula::store {
namespace {

/// Follows the parser without keeping values; answering false stops it.
class Gauge final : public nlohmann::json_sax<nlohmann::json> {
public:
    Gauge(std::size_t depth, std::size_t values) : depth_(depth), values_(values) {}

    bool null() override { return count(); }
    bool boolean(bool) override { return count(); }
    bool number_integer(std::int64_t) override { return count(); }
    bool number_unsigned(std::uint64_t) override { return count(); }
    bool number_float(double, const std::string&) override { return count(); }
    bool string(std::string&) override { return count(); }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override { return enter(); }
    bool start_array(std::size_t) override { return enter(); }
    bool end_object() override { return leave(); }
    bool end_array() override { return leave(); }
    bool key(std::string& name) override {
        if (keys_.back().insert(name).second) return true;
        fault_ = "key '" + name.substr(0, 64) + "' comes twice in one object";
        return false;
    }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::json::exception&) override {
        fault_ = "not JSON at byte " + std::to_string(position);
        return false;
    }

    const std::optional<std::string>& fault() const { return fault_; }

private:
    bool count() {
        if (n_values_++ < values_) return true;
        fault_ = "more than " + std::to_string(values_) + " values";
        return false;
    }
    bool enter() {
        if (!count()) return false;
        keys_.emplace_back();
        if (keys_.size() <= depth_) return true;
        fault_ = "nested deeper than " + std::to_string(depth_);
        return false;
    }
    bool leave() {
        keys_.pop_back();
        return true;
    }

    std::size_t depth_;
    std::size_t values_;
    std::size_t n_values_ = 0;
    std::vector<std::set<std::string>> keys_;  // of the arrays and objects that are open
    std::optional<std::string> fault_;
};

}  // namespace

Result<Unit> check_bounds(std::string_view json, const JsonBounds& bounds) {
    if (json.size() > bounds.size_bytes) {
        return Error{ErrorCode::invalid_input, std::to_string(json.size()) + " bytes, at most " +
                                                   std::to_string(bounds.size_bytes) + " are read"};
    }
    try {
        Gauge gauge(bounds.depth, bounds.values);
        if (nlohmann::json::sax_parse(json.begin(), json.end(), &gauge)) return Unit{};
        return Error{ErrorCode::invalid_input, gauge.fault().value_or("not JSON")};
    } catch (const std::exception& failure) {
        return Error{ErrorCode::exhausted, std::string("cannot be read: ") + failure.what()};
    }
}

}  // namespace fabula::store
