// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A program as a child of itself, so that an end by a signal becomes an error. MLIR reports no error
// for some damaged bytecode, but ends the process.

#ifndef RLX_SUPERVISE_H
#define RLX_SUPERVISE_H

#include <functional>

namespace rlx {

// Returns the exit code of what runs in a child process; 1, after an error on standard error, if a
// signal ended it.
int supervised(int argc, char **argv, const std::function<int()> &run);

}  // namespace rlx

#endif  // RLX_SUPERVISE_H
