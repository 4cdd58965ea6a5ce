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

story::PassageId Story::head() const {
    return moves.empty() ? story::PassageId::root : moves.back().passage;
}

}  // namespace fabula::store
