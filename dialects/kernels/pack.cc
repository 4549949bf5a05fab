// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "pack.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace rlx {
namespace {

static_assert(std::endian::native == std::endian::little);

// The rows of a panel in the file; `count` of 16.
struct Lanes {
  const uint8_t* row[kPanelRows];
  int count;
};

uint16_t Load16(const uint8_t* bytes) noexcept {
  return static_cast<uint16_t>(bytes[0] | bytes[1] << 8);
}

// out[unit][lane] = the units of T that begin at byte `at` of each row. Lanes are the inner loop:
// the rows are 16 streams, and what is written is one.
template <class T>
void Interleave(const Lanes& from, int64_t at, int64_t units, void* out) noexcept {
  auto* to = static_cast<uint8_t*>(out);
  for (int64_t unit = 0; unit < units; ++unit, at += sizeof(T)) {
    for (int lane = 0; lane < from.count; ++lane) {
      std::memcpy(to + (unit * kPanelRows + lane) * sizeof(T), from.row[lane] + at, sizeof(T));
    }
  }
}

// Rows of numbers of `size` bytes, as units of T of which the last may be cut short.
template <class T, int size>
void PackPlain(const Lanes& from, int64_t in_dim, uint8_t* panel) noexcept {
  constexpr int64_t kUnit = sizeof(T);
  const int64_t whole = in_dim * size / kUnit, rest = in_dim * size % kUnit;
  Interleave<T>(from, 0, whole, panel);
  for (int lane = 0; lane < from.count; ++lane) {
    std::memcpy(panel + (whole * kPanelRows + lane) * kUnit, from.row[lane] + whole * kUnit,
                static_cast<size_t>(rest));
  }
}

void PackInt8(const Lanes& from, int64_t in_dim, uint8_t* panel) noexcept {
  PackPlain<uint16_t, 1>(from, in_dim, panel + sizeof(Int8Head));
}

// Low four bits of 32 values.
void PutNibbles(const uint8_t* values, int lane, uint16_t (*out)[16][2]) noexcept {
  constexpr uint64_t kEvery16 = 0x000f000f000f000f;
  for (int group = 0; group < 4; ++group) {
    uint64_t eight;
    std::memcpy(&eight, values + 8 * group, 8);
    for (int parity = 0; parity < 2; ++parity) {
      const uint64_t four = eight >> 8 * parity & kEvery16;
      out[group][lane][parity] = static_cast<uint16_t>(four | four >> 12 | four >> 24 | four >> 36);
    }
  }
}

void PackQ8_0(const Lanes& from, int64_t in_dim, uint8_t* panel) noexcept {
  auto* out = reinterpret_cast<Q8_0Block*>(panel);
  for (int64_t sub = 0; sub < in_dim / 32; ++sub) {
    Interleave<uint16_t>(from, sub * 34, 1, out[sub / 2].d[sub % 2]);
    Interleave<uint16_t>(from, sub * 34 + 2, 16, out[sub / 2].q[sub % 2]);
  }
}

void PackQ4_0(const Lanes& from, int64_t in_dim, uint8_t* panel) noexcept {
  auto* out = reinterpret_cast<Q4_0Block*>(panel);
  for (int64_t sub = 0; sub < in_dim / 32; ++sub) {
    Interleave<uint16_t>(from, sub * 18, 1, out[sub / 2].d[sub % 2]);
    for (int lane = 0; lane < from.count; ++lane) {
      const uint8_t* q = from.row[lane] + sub * 18 + 2;
      uint8_t values[32];
      for (int i = 0; i < 16; ++i) {
        values[i] = q[i] & 15;
        values[i + 16] = q[i] >> 4;
      }
      PutNibbles(values, lane, out[sub / 2].q[sub % 2]);
    }
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

void PutQ4K(const uint8_t* file, int lane, Q4KBlock& out) noexcept {
  PutScales(file, lane, out);
  PutKNibbles(file + 16, lane, out.q);
}

void PutQ5K(const uint8_t* file, int lane, Q5KBlock& out) noexcept {
  PutScales(file, lane, out);
  PutKNibbles(file + 48, lane, out.q);
  for (int part = 0; part < 8; ++part) {
    uint32_t high[2] = {0, 0};
    for (int k = 0; k < 32; ++k) high[k % 2] |= (file[16 + k] >> part & 1u) << k / 2;
    for (int parity = 0; parity < 2; ++parity) {
      out.high[part][lane][parity] = static_cast<uint16_t>(high[parity]);
    }
  }
}

void PutQ6K(const uint8_t* file, int lane, Q6KBlock& out) noexcept {
  out.d[lane] = Load16(file + 208);
  for (int i = 0; i < 16; ++i) out.scale[i][lane] = static_cast<int8_t>(file[192 + i]);
  for (int part = 0; part < 8; ++part) {
    const uint8_t* low = file + part / 4 * 64 + part % 2 * 32;
    const uint8_t* top = file + 128 + part / 4 * 32;
    uint8_t values[32];
    uint32_t high[2][2] = {};
    for (int k = 0; k < 32; ++k) {
      values[k] = low[k] >> part % 4 / 2 * 4 & 15;
      high[k / 16][k % 2] |= (top[k] >> part % 4 * 2 & 3u) << k % 16 / 2 * 2;
    }
    PutNibbles(values, lane, out.q[part]);
    for (int i = 0; i < 4; ++i) {
      out.high[part][i / 2][lane][i % 2] = static_cast<uint16_t>(high[i / 2][i % 2]);
    }
  }
}

// Blocks of 256 values, `bytes` each in the file, one lane at a time.
template <class Block, int bytes, void (*put)(const uint8_t*, int, Block&) noexcept>
void PackK(const Lanes& from, int64_t in_dim, uint8_t* panel) noexcept {
  auto* out = reinterpret_cast<Block*>(panel);
  for (int64_t block = 0; block < in_dim / 256; ++block) {
    for (int lane = 0; lane < from.count; ++lane) {
      put(from.row[lane] + block * bytes, lane, out[block]);
    }
  }
}

using PackRowsFn = void (*)(const Lanes&, int64_t, uint8_t*) noexcept;

constexpr PackRowsFn kPackRows[kFormats] = {PackPlain<uint32_t, 4>,
                                            PackPlain<uint16_t, 2>,
                                            PackPlain<uint32_t, 2>,
                                            PackInt8,
                                            PackQ8_0,
                                            PackQ4_0,
                                            PackK<Q4KBlock, 144, PutQ4K>,
                                            PackK<Q5KBlock, 176, PutQ5K>,
                                            PackK<Q6KBlock, 210, PutQ6K>};

}  // namespace

void PackPanel(const PackJob& job, int64_t panel) noexcept {
  const int64_t panel_bytes = PanelBytes(job.format, job.in_dim);
  const int64_t row_bytes = FileRowBytes(job.format, job.in_dim);
  uint8_t* out = static_cast<uint8_t*>(job.panels) + panel * panel_bytes;
  std::memset(out, 0, static_cast<size_t>(panel_bytes));
  const int64_t first = panel * kPanelRows;
  Lanes from = {};
  from.count = static_cast<int>(std::min<int64_t>(kPanelRows, job.out_dim - first));
  for (int lane = 0; lane < from.count; ++lane) {
    from.row[lane] = static_cast<const uint8_t*>(job.rows) + (first + lane) * row_bytes;
    if (job.format == Format::kInt8) {
      reinterpret_cast<Int8Head*>(out)->scale[lane] = job.scales[first + lane];
    }
  }
  kPackRows[static_cast<int>(job.format)](from, job.in_dim, out);
}

}  // namespace rlx
