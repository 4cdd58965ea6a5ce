// SPDX-License-Identifier: 0BSD
// The C library's heap, for a process with hundreds of threads that runs for weeks.
#pragma once

namespace fabula::serve {

/// Threads share a few arenas: with one each, all of them would keep what one of them once needed.
/// Before threads are started; glibc alone.
void share_arenas();

/// Gives the system what is free between what is used. A few milliseconds; glibc alone.
void give_back_free_memory();

}  // namespace fabula::serve
