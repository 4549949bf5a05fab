// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// math_test.inc for the lanes of scalar.

#define RLX_ISA math_scalar
#define RLX_LANES_SCALAR
#define RLX_MATH_OF scalar
#include "math_test.inc"
