// SPDX-License-Identifier: 0BSD
// Which vector instructions the passes over a row use. Every choice gives the same bits.
#pragma once

namespace fabula::sample {

enum class Vectors { portable, avx2, avx512 };

/// What is in use: the widest that this processor has, or what was asked for.
Vectors vectors();
/// Whether this processor has it.
bool has(Vectors wanted);
/// For tests: from now on `wanted`, which the processor must have.
void use(Vectors wanted);

}  // namespace fabula::sample
