// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "formats.h"

#include <algorithm>

namespace rlx {
namespace {

constexpr FormatInfo kInfo[kFormats] = {
    {"f32", false, 1, 4, 2, 128, 0},
    {"f16", false, 1, 2, 2, 64, 0},
    {"bf16", false, 1, 2, 2, 64, 0},
    {"int8", true, 1, 1, 32, sizeof(Int8Block), sizeof(Int8Head)},
    {"q8_0", true, 32, 34, 64, sizeof(Q8_0Block), 0},
    {"q4_0", true, 32, 18, 64, sizeof(Q4_0Block), 0},
    {"q4_k", true, 256, 144, 256, sizeof(Q4KBlock), 0},
    {"q5_k", true, 256, 176, 256, sizeof(Q5KBlock), 0},
    {"q6_k", true, 256, 210, 256, sizeof(Q6KBlock), 0},
};

// Sizes above this are refused, so that products of sizes stay far from the end of int64.
constexpr int64_t kMaxDim = int64_t{1} << 30;
constexpr int64_t kMaxBytes = int64_t{1} << 46;

bool Possible(const FormatInfo& info, int64_t in_dim) noexcept {
  return in_dim > 0 && in_dim <= kMaxDim && in_dim % info.file_block == 0;
}

bool ParseNames(std::string_view names, Formats* formats) noexcept {
  *formats = {names, std::count(names.begin(), names.end(), '|') + 1};
  Format format;
  for (int64_t i = 0; i < formats->count; ++i) {
    if (!ParseFormat(TakeName(&names, '|'), &format)) return false;
  }
  return true;
}

}  // namespace

const FormatInfo& Info(Format format) noexcept { return kInfo[static_cast<int>(format)]; }

bool ParseFormat(std::string_view name, Format* format) noexcept {
  for (int i = 0; i < kFormats; ++i) {
    if (name != kInfo[i].name) continue;
    *format = static_cast<Format>(i);
    return true;
  }
  return false;
}

int ParseFormats(std::string_view list, Formats* formats, int most) noexcept {
  for (int count = 0; count < most;) {
    const bool last = list.find(',') == std::string_view::npos;
    if (!ParseNames(TakeName(&list, ','), &formats[count++])) return 0;
    if (last) return count;
  }
  return 0;
}

int64_t PanelBytes(Format format, int64_t in_dim) noexcept {
  const FormatInfo& info = Info(format);
  if (!Possible(info, in_dim)) return -1;
  const int64_t blocks = RoundUp(in_dim, info.panel_block) / info.panel_block;
  return RoundUp(info.panel_head_bytes + blocks * info.panel_block_bytes, kPanelAlignment);
}

int64_t PackedBytes(Format format, int64_t out_dim, int64_t in_dim) noexcept {
  const int64_t panel = PanelBytes(format, in_dim);
  if (panel < 0 || out_dim <= 0 || out_dim > kMaxDim) return -1;
  const int64_t panels = PanelCount(out_dim);
  return panels > kMaxBytes / panel ? -1 : panels * panel;
}

int64_t StackBytes(const Formats& formats, int64_t matrices, int64_t out_dim,
                   int64_t in_dim) noexcept {
  int64_t all = 0;
  formats.ForEach([&](Format format) {
    const int64_t one = PackedBytes(format, out_dim, in_dim);
    all = one < 0 || all < 0 ? -1 : all + one;
  });
  if (all < 0 || matrices < 1 || matrices > kMaxBytes / all) return -1;
  return RoundUp((all * matrices + formats.count - 1) / formats.count, kPanelAlignment);
}

int64_t FileRowBytes(Format format, int64_t in_dim) noexcept {
  const FormatInfo& info = Info(format);
  return Possible(info, in_dim) ? in_dim / info.file_block * info.file_bytes : -1;
}

}  // namespace rlx
