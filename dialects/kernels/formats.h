// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The formats of packed weights: names, layout of the panels, bytes.
//
// A matrix W[out_dim, in_dim] of a product y = x W^T is kept as panels. A panel holds 16 output
// rows as one stream in the order of k (the index along in_dim), so that a lane of a vector owns a
// row, nothing is summed across lanes, and a thread reads memory in sequence. Panel p starts at
// p * PanelBytes and holds rows 16 p .. 16 p + 15; rows past out_dim are zero. The layout is the
// same for every instruction set. All numbers are little-endian.
//
//   f32    [K2][16] f32, K2 = K rounded up to 2, then zero
//   f16    [K2][16] f16
//   bf16   [K2/2][16][2] bf16
//   int8   f32 scale[16], then [K32/2][16][2] int8, K32 = K rounded up to 32, then zero
//   q8_0 .. q6_k   the blocks below, one after the other; K a multiple of the file's block,
//                  the last block filled up with zeros
//
// Bit fields: for 32 values along k, group g = 0..3 of 8 and u16 v at (row, parity), nibble
// p = 0..3 of v (bits 4 p ..) belongs to k = 8 g + 2 p + parity. So a mask and a shift give pairs
// of 16-bit integers next to each other in k, as multiply-and-add-pairs instructions take them.
// "Pair j" of 32 values are k = 2 j and 2 j + 1.

#ifndef RLX_KERNELS_FORMATS_H_
#define RLX_KERNELS_FORMATS_H_

#include <cstdint>
#include <string_view>

namespace rlx {

inline constexpr int kPanelRows = 16;
inline constexpr int kLayoutVersion = 1;
inline constexpr int kPanelAlignment = 64;
inline constexpr int kSub = 32;  // values along k that share an activation scale

enum class Format : uint8_t { kF32, kF16, kBf16, kInt8, kQ8_0, kQ4_0, kQ4K, kQ5K, kQ6K };
inline constexpr int kFormats = 9;

// Head of an int8 panel: w = scale[row] * q.
struct Int8Head {
  float scale[16];
};

// 32 values along k of an int8 panel.
struct Int8Block {
  int8_t q[16][16][2];  // pair, row, parity
};

// 64 values along k: w = d[k / 32] * q.
struct Q8_0Block {
  uint16_t d[2][16];  // f16
  int8_t q[2][16][16][2];
};

// 64 values along k: w = d[k / 32] * (nibble - 8).
struct Q4_0Block {
  uint16_t d[2][16];  // f16
  uint16_t q[2][4][16][2];
};

// 256 values along k: w = d * scale[k / 32] * nibble - dmin * min[k / 32].
struct Q4KBlock {
  uint16_t d[16], dmin[16];  // f16
  uint8_t scale[8][16], min[8][16];
  uint16_t q[8][4][16][2];
};

// As Q4KBlock; bit j of high is the fifth bit of pair j.
struct Q5KBlock {
  uint16_t d[16], dmin[16];
  uint8_t scale[8][16], min[8][16];
  uint16_t q[8][4][16][2];
  uint16_t high[8][16][2];
};

// 256 values along k: w = d * scale[k / 16] * (nibble + 16 h - 32), where h are bits 2 (j mod 8) ..
// of high[k / 32][j / 8] for pair j.
struct Q6KBlock {
  uint16_t d[16], zero[16];
  int8_t scale[16][16];
  uint16_t q[8][4][16][2];
  uint16_t high[8][2][16][2];
};

static_assert(sizeof(Int8Block) == 512 && sizeof(Q8_0Block) == 1088 && sizeof(Q4_0Block) == 576);
static_assert(sizeof(Q4KBlock) == 2368 && sizeof(Q5KBlock) == 2880 && sizeof(Q6KBlock) == 3392);

// What is fixed for a format.
struct FormatInfo {
  const char* name;
  bool integer;     // products with int16 activations; else with f32
  int file_block;   // values of a block in the file; in_dim is a multiple of it
  int file_bytes;   // bytes of a block in the file
  int panel_block;  // values along k of a block of the panel
  int64_t panel_block_bytes;
  int64_t panel_head_bytes;
};

const FormatInfo& Info(Format format) noexcept;

// Finds a format by name; false if there is none of that name.
bool ParseFormat(std::string_view name, Format* format) noexcept;

// What a call says of one weight: its format, such as "q4_k"; or, of a stack of layers whose
// formats differ, that of every layer in order: "q4_k|q6_k|q4_k".
struct Formats {
  std::string_view names;
  int64_t count;  // of the layers, or 1

  // Calls fn(format) for each.
  template <class Fn>
  void ForEach(Fn&& fn) const noexcept;
};

// Parses a comma-separated list of 1 to `most` of them; returns how many, 0 if it is not one. They
// refer to the list.
int ParseFormats(std::string_view list, Formats* formats, int most) noexcept;

// Bytes of a panel, a multiple of 64; -1 if in_dim is not possible in this format.
int64_t PanelBytes(Format format, int64_t in_dim) noexcept;

// Panels of out_dim rows.
inline int64_t PanelCount(int64_t out_dim) noexcept { return (out_dim + kPanelRows - 1) / 16; }

// Bytes of a packed matrix; -1 if the sizes are not possible in this format.
int64_t PackedBytes(Format format, int64_t out_dim, int64_t in_dim) noexcept;

// Bytes for each layer of a stack u8[layers, bytes] of `matrices` a layer, whose panels lie one
// behind the other: what a layer takes on average, rounded up to whole lines; -1 as above. Where
// formats differ, a layer does not begin at its row.
int64_t StackBytes(const Formats& formats, int64_t matrices, int64_t out_dim,
                   int64_t in_dim) noexcept;

// Bytes of a row in the file (int8: without its scale); -1 as above.
int64_t FileRowBytes(Format format, int64_t in_dim) noexcept;

inline constexpr int64_t RoundUp(int64_t value, int64_t multiple) noexcept {
  return (value + multiple - 1) / multiple * multiple;
}

// Returns what a list begins with, up to a separator, and takes both off it.
inline std::string_view TakeName(std::string_view* list, char separator) noexcept {
  const size_t end = list->find(separator);
  const std::string_view name = list->substr(0, end);
  list->remove_prefix(end == std::string_view::npos ? list->size() : end + 1);
  return name;
}

template <class Fn>
void Formats::ForEach(Fn&& fn) const noexcept {
  std::string_view left = names;
  for (int64_t i = 0; i < count; ++i) {
    Format format = Format::kF32;
    ParseFormat(TakeName(&left, '|'), &format);
    fn(format);
  }
}

}  // namespace rlx

#endif  // RLX_KERNELS_FORMATS_H_
