// SPDX-License-Identifier: 0BSD
#include "serve/heap.h"

#include <cstdlib>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace fabula::serve {

void share_arenas() {
#ifdef __GLIBC__
    constexpr int n_arenas = 4;
    mallopt(M_ARENA_MAX, n_arenas);  // NOLINT(concurrency-mt-unsafe): there are no threads yet
#endif
}

void give_back_free_memory() {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

}  // namespace fabula::serve
