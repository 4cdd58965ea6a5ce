// SPDX-License-Identifier: 0BSD
// A value or the reason there is none. The names follow std::expected (C++23), which g++ 12
// offers only under -std=c++2b, so that the standard type can replace this one by an alias.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace fabula {

/// What a caller can do about a failure; the message is for people, the code is for programs.
enum class ErrorCode { invalid_input, not_found, conflict, exhausted, unavailable, corrupt };

struct Error {
    ErrorCode code;
    std::string message;  // one line, lower case, names the offending thing: "model 'x.gguf': ..."
};

/// Stable lower-case name of `code`, as written in logs and in the HTTP body.
const char* name_of(ErrorCode code);

template <typename T>
class [[nodiscard]] Result {
public:
    // Implicit, so that `return value;` and `return Error{...};` read as they should.
    // NOLINTBEGIN(google-explicit-constructor)
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
    // NOLINTEND(google-explicit-constructor)

    bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    /// Requires has_value().
    const T& value() const& { return std::get<0>(state_); }
    T& value() & { return std::get<0>(state_); }
    T&& value() && { return std::get<0>(std::move(state_)); }

    const T& operator*() const& { return value(); }
    T& operator*() & { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    const T* operator->() const { return &value(); }
    T* operator->() { return &value(); }

    /// Requires !has_value().
    const Error& error() const { return std::get<1>(state_); }

private:
    std::variant<T, Error> state_;
};

/// The value of a Result that has none to carry: `Result<Unit>` succeeded, or says why not.
struct Unit {};

}  // namespace fabula
