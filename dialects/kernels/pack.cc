// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "pack.h"

#include <algorithm>
#include <cstring>

namespace rlx {
namespace {

uint16_t Load16(const uint8_t* bytes) noexcept {
  return static_cast<uint16_t>(bytes[0] | bytes[1] << 8);
}

// Plain numbers of T: step values of k lie next to each other within a row.
template <class T, int step>
void PackPlain(const uint8_t* row, int64_t in_dim, int lane, uint8_t* panel) noexcept {
  T* out = reinterpret_cast<T*>(panel);
  for (int64_t k = 0; k < in_dim; ++k) {
    std::memcpy(&out[k / step * step * 16 + lane * step + k % step], row + k * sizeof(T),
                sizeof(T));
  }
}

void PutBytes(const uint8_t* values, int lane, int8_t (*out)[16][2]) noexcept {
  for (int k = 0; k < 32; ++k) out[k / 2][lane][k % 2] = static_cast<int8_t>(values[k]);
}

// Low four bits of 32 values.
void PutNibbles(const uint8_t* values, int lane, uint16_t (*out)[16][2]) noexcept {
  for (int k = 0; k < 32; ++k) {
    out[k / 8][lane][k % 2] |= static_cast<uint16_t>((values[k] & 15) << k % 8 / 2 * 4);
  }
}

void PackQ8_0(const uint8_t* row, int64_t in_dim, int lane, uint8_t* panel) noexcept {
  auto* out = reinterpret_cast<Q8_0Block*>(panel);
  for (int64_t sub = 0; sub < in_dim / 32; ++sub, row += 34) {
    out[sub / 2].d[sub % 2][lane] = Load16(row);
    PutBytes(row + 2, lane, out[sub / 2].q[sub % 2]);
  }
}

void PackQ4_0(const uint8_t* row, int64_t in_dim, int lane, uint8_t* panel) noexcept {
  auto* out = reinterpret_cast<Q4_0Block*>(panel);
  for (int64_t sub = 0; sub < in_dim / 32; ++sub, row += 18) {
    uint8_t values[32];
    for (int i = 0; i < 16; ++i) {
      values[i] = row[2 + i] & 15;
      values[i + 16] = row[2 + i] >> 4;
    }
    out[sub / 2].d[sub % 2][lane] = Load16(row);
    PutNibbles(values, lane, out[sub / 2].q[sub % 2]);
  }
}

// Scales and minima of Q4_K and Q5_K: 8 times 6 bits each in 12 bytes.
template <class Block>
void PutScales(const uint8_t* file, int lane, Block& out) noexcept {
  const uint8_t* s = file + 4;
  out.d[lane] = Load16(file);
  out.dmin[lane] = Load16(file + 2);
  for (int part = 0; part < 4; ++part) {
    out.scale[part][lane] = s[part] & 63;
    out.min[part][lane] = s[part + 4] & 63;
    out.scale[part + 4][lane] = static_cast<uint8_t>((s[part + 8] & 15) | s[part] >> 6 << 4);
    out.min[part + 4][lane] = static_cast<uint8_t>(s[part + 8] >> 4 | s[part + 4] >> 6 << 4);
  }
}

// Low bits of Q4_K and Q5_K: part 2 a in the low, part 2 a + 1 in the high halves of 32 bytes.
void PutKNibbles(const uint8_t* q, int lane, uint16_t (*out)[4][16][2]) noexcept {
  for (int part = 0; part < 8; ++part) {
    uint8_t values[32];
    for (int i = 0; i < 32; ++i) values[i] = q[part / 2 * 32 + i] >> part % 2 * 4 & 15;
    PutNibbles(values, lane, out[part]);
  }
}

void PackQ4K(const uint8_t* row, int64_t in_dim, int lane, uint8_t* panel) noexcept {
  auto* out = reinterpret_cast<Q4KBlock*>(panel);
  for (int64_t block = 0; block < in_dim / 256; ++block, row += 144) {
    PutScales(row, lane, out[block]);
    PutKNibbles(row + 16, lane, out[block].q);
  }
}

void PackQ5K(const uint8_t* row, int64_t in_dim, int lane, uint8_t* panel) noexcept {
  auto* out = reinterpret_cast<Q5KBlock*>(panel);
  for (int64_t block = 0; block < in_dim / 256; ++block, row += 176) {
    PutScales(row, lane, out[block]);
    PutKNibbles(row + 48, lane, out[block].q);
    for (int part = 0; part < 8; ++part) {
      for (int k = 0; k < 32; ++k) {
        const int bit = row[16 + k] >> part & 1;
        out[block].high[part][lane][k % 2] |= static_cast<uint16_t>(bit << k / 2);
      }
    }
  }
}

void PackQ6K(const uint8_t* row, int64_t in_dim, int lane, uint8_t* panel) noexcept {
  auto* out = reinterpret_cast<Q6KBlock*>(panel);
  for (int64_t block = 0; block < in_dim / 256; ++block, row += 210) {
    Q6KBlock& to = out[block];
    to.d[lane] = Load16(row + 208);
    for (int i = 0; i < 16; ++i) to.scale[i][lane] = static_cast<int8_t>(row[192 + i]);
    for (int part = 0; part < 8; ++part) {
      const uint8_t* low = row + part / 4 * 64 + part % 2 * 32;
      const uint8_t* high = row + 128 + part / 4 * 32;
      uint8_t values[32];
      for (int k = 0; k < 32; ++k) {
        values[k] = low[k] >> part % 4 / 2 * 4 & 15;
        const int two = high[k] >> part % 4 * 2 & 3;
        to.high[part][k / 16][lane][k % 2] |= static_cast<uint16_t>(two << k % 16 / 2 * 2);
      }
      PutNibbles(values, lane, to.q[part]);
    }
  }
}

void PackInt8(const uint8_t* row, int64_t in_dim, int lane, uint8_t* panel) noexcept {
  auto* out = reinterpret_cast<int8_t*>(panel + sizeof(Int8Head));
  for (int64_t k = 0; k < in_dim; ++k) {
    out[k / 2 * 32 + lane * 2 + k % 2] = static_cast<int8_t>(row[k]);
  }
}

using PackRowFn = void (*)(const uint8_t*, int64_t, int, uint8_t*) noexcept;

constexpr PackRowFn kPackRow[kFormats] = {PackPlain<uint32_t, 1>,
                                          PackPlain<uint16_t, 1>,
                                          PackPlain<uint16_t, 2>,
                                          PackInt8,
                                          PackQ8_0,
                                          PackQ4_0,
                                          PackQ4K,
                                          PackQ5K,
                                          PackQ6K};

}  // namespace

void PackPanel(const PackJob& job, int64_t panel) noexcept {
  const int64_t panel_bytes = PanelBytes(job.format, job.in_dim);
  const int64_t row_bytes = FileRowBytes(job.format, job.in_dim);
  uint8_t* out = static_cast<uint8_t*>(job.panels) + panel * panel_bytes;
  std::memset(out, 0, static_cast<size_t>(panel_bytes));
  const int64_t first = panel * kPanelRows;
  const int rows = static_cast<int>(std::min<int64_t>(kPanelRows, job.out_dim - first));
  for (int lane = 0; lane < rows; ++lane) {
    const uint8_t* row = static_cast<const uint8_t*>(job.rows) + (first + lane) * row_bytes;
    kPackRow[static_cast<int>(job.format)](row, job.in_dim, lane, out);
    if (job.format == Format::kInt8) {
      reinterpret_cast<Int8Head*>(out)->scale[lane] = job.scales[first + lane];
    }
  }
}

}  // namespace rlx
