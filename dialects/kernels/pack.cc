// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "pack.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "transpose.h"

namespace rlx {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr int64_t kHugePage = 1 << 21;

// The rows of a panel in the file; `count` of 16.
struct Lanes {
  const uint8_t* row[kPanelRows];
  int count;
};

// out[unit][lane] = the units of T that begin at byte `at` of each row. Lanes are the inner loop:
// the rows are 16 streams, and what is written is one.
template <class T>
void Interleave(const Lanes& from, int64_t at, int64_t units, void* out) noexcept {
  constexpr int64_t kAtOnce = 16 / sizeof(T);
  auto* to = static_cast<uint8_t*>(out);
  int64_t unit = 0;
  if (from.count == kPanelRows) {
    for (; unit + kAtOnce <= units; unit += kAtOnce, at += 16) {
      Transpose<T>(from.row, at, to + unit * kPanelRows * sizeof(T));
    }
  }
  for (; unit < units; ++unit, at += sizeof(T)) {
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

// 16-bit words of the rows of a panel: word j holds bytes 2 j and 2 j + 1 of each.
using Word = uint16_t[kPanelRows];

uint8_t Byte(const Word* words, int i, int lane) noexcept {
  return static_cast<uint8_t>(words[i / 2][lane] >> i % 2 * 8);
}

// Fields of `bits` bits, one out of every byte, put together to 16 bits, even and odd bytes apart.
template <int bits>
void PutFields(const Word* words, int shift, int count, uint16_t (*out)[kPanelRows][2]) noexcept {
  using Vector = Piece<uint16_t>::Vector;
  constexpr int kFields = 16 / bits, kLanes = 8;
  constexpr uint16_t kMask = (1 << bits) - 1;
  for (int i = 0; i < count; ++i, words += kFields) {
    for (int lane = 0; lane < kPanelRows; lane += kLanes) {
      Vector even = {}, odd = {};
#pragma GCC unroll 16
      for (int field = 0; field < kFields; ++field) {
        Vector word;
        std::memcpy(&word, &words[field][lane], sizeof word);
        word >>= static_cast<uint16_t>(shift);
        even |= (word & kMask) << static_cast<uint16_t>(field * bits);
        odd |= (word >> uint16_t{8} & kMask) << static_cast<uint16_t>(field * bits);
      }
      const Vector low = Piece<uint16_t>::ZipLow(even, odd);
      const Vector high = Piece<uint16_t>::ZipHigh(even, odd);
      std::memcpy(out[i][lane], &low, sizeof low);
      std::memcpy(out[i][lane + kLanes / 2], &high, sizeof high);
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
  Word words[9] = {};
  for (int64_t sub = 0; sub < in_dim / 32; ++sub) {
    Interleave<uint16_t>(from, sub * 18, 9, words);
    std::memcpy(out[sub / 2].d[sub % 2], words[0], sizeof(Word));
    for (int half = 0; half < 2; ++half) {
      PutFields<4>(words + 1, 4 * half, 2, out[sub / 2].q[sub % 2] + 2 * half);
    }
  }
}

// Head of Q4_K and Q5_K: d and dmin, then scales and minima, 8 times 6 bits each in 12 bytes.
template <class Block>
void PutHead(const Word* words, Block& out) noexcept {
  std::memcpy(out.d, words[0], sizeof(Word));
  std::memcpy(out.dmin, words[1], sizeof(Word));
  for (int part = 0; part < 4; ++part) {
    for (int lane = 0; lane < kPanelRows; ++lane) {
      const int low = Byte(words, part + 4, lane), high = Byte(words, part + 8, lane);
      const int both = Byte(words, part + 12, lane);
      out.scale[part][lane] = low & 63;
      out.min[part][lane] = high & 63;
      out.scale[part + 4][lane] = static_cast<uint8_t>((both & 15) | low >> 6 << 4);
      out.min[part + 4][lane] = static_cast<uint8_t>(both >> 4 | high >> 6 << 4);
    }
  }
}

// Low bits of Q4_K and Q5_K: part 2 a in the low, part 2 a + 1 in the high halves of 32 bytes.
void PutQ4K(const Word* words, Q4KBlock& out) noexcept {
  PutHead(words, out);
  for (int part = 0; part < 8; ++part) {
    PutFields<4>(words + 8 + part / 2 * 16, part % 2 * 4, 4, out.q[part]);
  }
}

void PutQ5K(const Word* words, Q5KBlock& out) noexcept {
  PutHead(words, out);
  for (int part = 0; part < 8; ++part) {
    PutFields<4>(words + 24 + part / 2 * 16, part % 2 * 4, 4, out.q[part]);
    PutFields<1>(words + 8, part, 1, &out.high[part]);
  }
}

void PutQ6K(const Word* words, Q6KBlock& out) noexcept {
  std::memcpy(out.d, words[104], sizeof(Word));
  for (int i = 0; i < 16; ++i) {
    for (int lane = 0; lane < kPanelRows; ++lane) {
      out.scale[i][lane] = static_cast<int8_t>(Byte(words, 192 + i, lane));
    }
  }
  for (int part = 0; part < 8; ++part) {
    const Word* low = words + part / 4 * 32 + part % 2 * 16;
    PutFields<4>(low, part % 4 / 2 * 4, 4, out.q[part]);
    PutFields<2>(words + 64 + part / 4 * 16, part % 4 * 2, 2, out.high[part]);
  }
}

// Blocks of 256 values, `bytes` each in the file.
template <class Block, int bytes, void (*put)(const Word*, Block&) noexcept>
void PackK(const Lanes& from, int64_t in_dim, uint8_t* panel) noexcept {
  auto* out = reinterpret_cast<Block*>(panel);
  Word words[bytes / 2] = {};
  for (int64_t block = 0; block < in_dim / 256; ++block) {
    Interleave<uint16_t>(from, block * bytes, bytes / 2, words);
    put(words, out[block]);
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

void PackPanel(const PackJob& job, int64_t panel) noexcept {
  const int64_t panel_bytes = PanelBytes(job.format, job.in_dim);
  const int64_t row_bytes = FileRowBytes(job.format, job.in_dim);
  uint8_t* out = static_cast<uint8_t*>(job.panels) + panel * panel_bytes;
  std::memset(out, 0, static_cast<size_t>(panel_bytes));
  const int64_t first = panel * kPanelRows;
  Lanes from = {};
  from.count = static_cast<int>(std::min<int64_t>(kPanelRows, job.out_dim - first));
  for (int lane = 0; lane < from.count; ++lane) {
    const int64_t row = job.order == nullptr ? first + lane : job.order[first + lane];
    from.row[lane] = static_cast<const uint8_t*>(job.rows) + row * row_bytes;
    if (job.format == Format::kInt8) {
      reinterpret_cast<Int8Head*>(out)->scale[lane] = job.scales[row];
    }
  }
  kPackRows[static_cast<int>(job.format)](from, job.in_dim, out);
}

// Bytes between the huge page in which the panels begin and them.
int64_t Before(const PackJob& job) noexcept {
  return static_cast<int64_t>(reinterpret_cast<uintptr_t>(job.panels) % kHugePage);
}

}  // namespace

int64_t PackParts(const PackJob& job) noexcept {
  const int64_t bytes = PackedBytes(job.format, job.out_dim, job.in_dim);
  return RoundUp(Before(job) + bytes, kHugePage) / kHugePage;
}

void PackPart(const PackJob& job, int64_t part) noexcept {
  const int64_t size = PanelBytes(job.format, job.in_dim), begin = part * kHugePage - Before(job);
  const int64_t end = std::min(begin + kHugePage, PanelCount(job.out_dim) * size);
  const int64_t first = RoundUp(std::max(begin, int64_t{0}), size) / size;
  for (int64_t panel = first; panel * size < end; ++panel) PackPanel(job, panel);
}

}  // namespace rlx
