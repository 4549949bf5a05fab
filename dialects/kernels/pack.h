// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Rows of a file -> panels, once at load; and back, as the reference of what a panel means.

#ifndef RLX_KERNELS_PACK_H_
#define RLX_KERNELS_PACK_H_

#include <cstdint>

#include "formats.h"

namespace rlx {

// A matrix to pack. `rows` holds out_dim rows of FileRowBytes each, one after the other, at any
// alignment: plain numbers, int8, or the blocks of GGUF. `scales` holds the f32 scale of every row
// for int8, and is null for other formats. Row i of the panels, with its scale, is order[i] of the
// rows, each once; null for as they lie.
struct PackJob {
  Format format;
  const void* rows;
  const float* scales;
  const int64_t* order;
  int64_t out_dim, in_dim;
  void* panels;  // PackedBytes
};

// Parts that may be packed at the same time. A part is the panels that begin in one huge page of
// memory: threads that are the first to touch a page at the same time each clear one for it.
int64_t PackParts(const PackJob& job) noexcept;

// Packs a part, all bytes of its panels.
void PackPart(const PackJob& job, int64_t part) noexcept;

// Writes values k = begin .. begin + count - 1 of row `lane` of a panel as f32. The arithmetic is
// f32 in the order that formats.h gives, scale times scale first.
void UnpackRow(Format format, const void* panel, int lane, int64_t begin, int64_t count,
               float* row) noexcept;

}  // namespace rlx

#endif  // RLX_KERNELS_PACK_H_
