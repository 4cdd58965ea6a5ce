// SPDX-License-Identifier: 0BSD
// What each sampler means, in float64, by sorting, one stage a function: slow, short and the truth that
// the fast path is tested against. Ties always go to the lower token id.
#pragma once
// (see the sampler issue: to be written beside sampler.cpp)
