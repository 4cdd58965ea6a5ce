// SPDX-License-Identifier: 0BSD
#include "store/store.h"

namespace fabula::store {

const char* name_of(MoveKind kind) {
    switch (kind) {
        case MoveKind::start:
            return "start";
        case MoveKind::choice:
            return "choice";
        case MoveKind::undo:
            return "undo";
        case MoveKind::jump:
            return "jump";
        case MoveKind::edit:
            return "edit";
    }
    return "unknown";
}

Result<MoveKind> move_kind_named(std::string_view name) {
    for (const MoveKind kind :
         {MoveKind::start, MoveKind::choice, MoveKind::undo, MoveKind::jump, MoveKind::edit}) {
        if (name == name_of(kind)) return kind;
    }
    return Error{ErrorCode::invalid_input, "move kind '" + std::string(name) +
                                               "' is none of start, choice, undo, jump, edit"};
}

const char* name_of(RequestState state) {
    switch (state) {
        case RequestState::waiting:
            return "waiting";
        case RequestState::claimed:
            return "claimed";
        case RequestState::done:
            return "done";
        case RequestState::failed:
            return "failed";
        case RequestState::cancelled:
            return "cancelled";
    }
    return "unknown";
}

Result<RequestState> request_state_named(std::string_view name) {
    for (const RequestState state :
         {RequestState::waiting, RequestState::claimed, RequestState::done, RequestState::failed,
          RequestState::cancelled}) {
        if (name == name_of(state)) return state;
    }
    return Error{ErrorCode::invalid_input,
                 "request state '" + std::string(name) +
                     "' is none of waiting, claimed, done, failed, cancelled"};
}

story::PassageId Story::head() const {
    return moves.empty() ? story::PassageId::root : moves.back().passage;
}

}  // namespace fabula::store
