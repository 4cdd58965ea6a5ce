// SPDX-License-Identifier: 0BSD
// The C library's heap, for a process with hundreds of threads that runs for weeks.
#pragma once

namespace fabula::serve {

/// Begins the process again, with the same arguments, so that threads keep no free blocks of their
/// own: hundreds of threads would each come to keep a hundred kilobytes, and what they keep parts
/// the heap. Does nothing where GLIBC_TUNABLES says something about it, where it cannot be done,
/// and with another C library. First of all, before anything is opened.
void leave_out_thread_caches();

/// Threads share a few arenas: with one each, all of them would keep what one of them once needed.
/// Large blocks are mapped each by itself. Before threads are started; glibc alone.
void share_arenas();

/// Gives the system what is free between what is used. A few milliseconds; glibc alone.
void give_back_free_memory();

}  // namespace fabula::serve
