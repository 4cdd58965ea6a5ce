// SPDX-License-Identifier: 0BSD
// Whether a processor that says it has AMX lets a program use it: some virtual machines pass the
// flag on and fault at the first tile. Exits with 0 when it does; dies or exits with 1 when it does
// not. Built with -mamx-tile.
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

int main() {
    constexpr long request_permission = 0x1023;  // ARCH_REQ_XCOMP_PERM
    constexpr long tile_data = 18;               // XFEATURE_XTILEDATA
    if (syscall(SYS_arch_prctl, request_permission, tile_data) != 0) return 1;
    alignas(64) unsigned char shape[64] = {1};  // palette 1
    shape[16] = 64;                             // bytes a row of tile 0
    shape[48] = 16;                             // its rows
    _tile_loadconfig(shape);
    _tile_zero(0);
    _tile_release();
    return 0;
}
