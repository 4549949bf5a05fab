// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Many matrices packed at once, by threads that share all of their parts.

#ifndef RLX_KERNELS_PACK_ALL_H_
#define RLX_KERNELS_PACK_ALL_H_

#include <vector>

#include "pack.h"
#include "parallel.h"

namespace rlx {

// A matrix, and whether its rows lie in a file that is mapped for reading.
struct SharedJob {
  PackJob job;
  bool mapped;
};

// Packs all. As soon as a matrix is packed the memory of the file's pages that it took whole is
// given back; they are read anew if somebody looks again.
void PackAll(const std::vector<SharedJob>& jobs, const Parallel& parallel);

}  // namespace rlx

#endif  // RLX_KERNELS_PACK_ALL_H_
