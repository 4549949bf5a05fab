// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// math_test.inc for the lanes of avx2.

#define RLX_ISA math_avx2
#define RLX_LANES_AVX2
#define RLX_MATH_OF avx2
#include "math_test.inc"
