// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Sizes of formats, and packing of plain rows. GGUF blocks have their second witness in Python.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "capi.h"
#include "check.h"
#include "formats.h"
#include "halves.h"

namespace rlx::test {
namespace {

TEST(packed_bytes_of_each_format) {
  CHECK(rlx_packed_bytes("f32", 17, 3) == 2 * 4 * 64);
  CHECK(rlx_packed_bytes("f16", 16, 3) == 128);
  CHECK(rlx_packed_bytes("bf16", 1, 5) == 3 * 64);
  CHECK(rlx_packed_bytes("int8", 16, 33) == 64 + 2 * 512);
  CHECK(rlx_packed_bytes("q8_0", 24, 64) == 2 * 1088);
  CHECK(rlx_packed_bytes("q4_0", 16, 96) == 2 * 576);
  CHECK(rlx_packed_bytes("q4_k", 16, 512) == 2 * 2368);
  CHECK(rlx_packed_bytes("q5_k", 16, 256) == 2880);
  CHECK(rlx_packed_bytes("q6_k", 33, 256) == 3 * 3392);
}

TEST(impossible_sizes_are_minus_one) {
  CHECK(rlx_packed_bytes("q3_k", 16, 256) == -1);
  CHECK(rlx_packed_bytes(nullptr, 16, 256) == -1);
  CHECK(rlx_packed_bytes("q8_0", 16, 33) == -1);
  CHECK(rlx_packed_bytes("q6_k", 16, 128) == -1);
  CHECK(rlx_packed_bytes("f32", 0, 1) == -1);
  CHECK(rlx_packed_bytes("f32", 1, -1) == -1);
  CHECK(rlx_packed_bytes("f32", int64_t{1} << 30, int64_t{1} << 30) == -1);
}

TEST(bytes_stay_within_three_percent_of_the_file) {
  for (const char* name : {"q8_0", "q4_0", "q4_k", "q5_k", "q6_k", "int8", "bf16"}) {
    const double file = 2048.0 * static_cast<double>(rlx_file_row_bytes(name, 2048));
    const double packed = static_cast<double>(rlx_packed_bytes(name, 2048, 2048));
    CHECK(packed >= file && packed < 1.03 * file, name, " ", packed / file);
  }
}

TEST(plain_rows_come_back) {
  constexpr int kOut = 19, kIn = 13;
  std::vector<float> rows(kOut * kIn), back(rows.size());
  std::vector<uint16_t> bf16(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i] = static_cast<float>(i) * 0.5f - 7.0f;
    bf16[i] = F32ToBf16(rows[i]);
  }
  std::vector<char> panels(static_cast<size_t>(rlx_packed_bytes("f32", kOut, kIn)));
  CHECK(rlx_pack("f32", rows.data(), nullptr, kOut, kIn, panels.data(), 2, nullptr, 0) == 0);
  CHECK(rlx_unpack("f32", panels.data(), kOut, kIn, back.data(), 2, nullptr, 0) == 0);
  CHECK(back == rows);
  panels.assign(static_cast<size_t>(rlx_packed_bytes("bf16", kOut, kIn)), 'x');
  CHECK(rlx_pack("bf16", bf16.data(), nullptr, kOut, kIn, panels.data(), 1, nullptr, 0) == 0);
  CHECK(rlx_unpack("bf16", panels.data(), kOut, kIn, back.data(), 1, nullptr, 0) == 0);
  CHECK(back == rows);
}

// Parts are made of the address: of panels that begin anywhere in a huge page, over several of
// them, each is written once, by any number of threads.
TEST(parts_are_all_of_a_matrix_wherever_it_begins) {
  constexpr int64_t kOut = 3001, kIn = 701, kPage = 1 << 21;
  std::vector<float> rows(kOut * kIn), back(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<float>(i % 10007);
  const int64_t bytes = rlx_packed_bytes("f32", kOut, kIn);
  std::vector<char> memory(static_cast<size_t>(bytes + 2 * kPage), 'x');
  for (int64_t offset : {int64_t{0}, int64_t{64}, kPage - 64}) {
    const auto start = static_cast<int64_t>(reinterpret_cast<uintptr_t>(memory.data()));
    char* panels = memory.data() + (kPage - start % kPage) % kPage + offset;
    std::fill(rows.begin(), rows.begin() + 5, static_cast<float>(offset));
    CHECK(rlx_pack("f32", rows.data(), nullptr, kOut, kIn, panels, 3, nullptr, 0) == 0);
    CHECK(rlx_unpack("f32", panels, kOut, kIn, back.data(), 1, nullptr, 0) == 0);
    CHECK(back == rows, offset);
    CHECK(panels[bytes] == 'x', offset);
  }
}

TEST(int8_rows_come_back_scaled) {
  constexpr int kOut = 17, kIn = 35;
  std::vector<int8_t> rows(kOut * kIn);
  std::vector<float> scales(kOut), back(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<int8_t>(i * 37);
  for (int i = 0; i < kOut; ++i) scales[static_cast<size_t>(i)] = 0.25f * static_cast<float>(i);
  std::vector<char> panels(static_cast<size_t>(rlx_packed_bytes("int8", kOut, kIn)));
  CHECK(rlx_pack("int8", rows.data(), scales.data(), kOut, kIn, panels.data(), 1, nullptr, 0) == 0);
  CHECK(rlx_unpack("int8", panels.data(), kOut, kIn, back.data(), 1, nullptr, 0) == 0);
  for (size_t i = 0; i < rows.size(); ++i) {
    CHECK(back[i] == scales[i / kIn] * static_cast<float>(rows[i]), i);
  }
}

// Of several sizes and formats, so that a part that went to another matrix shows.
TEST(many_matrices_are_packed_as_each_alone) {
  constexpr int64_t kSizes[][2] = {{19, 64}, {1200, 512}, {1, 32}, {333, 96}, {16, 2048}};
  const char* const formats[] = {"q8_0", "q8_0", "q4_0", "bf16", "int8"};
  std::vector<std::vector<uint8_t>> rows, panels;
  std::vector<float> scales(16);
  std::vector<rlx_pack_job> jobs;
  for (int i = 0; i < 5; ++i) {
    const auto [out_dim, in_dim] = kSizes[i];
    rows.emplace_back(static_cast<size_t>(out_dim * rlx_file_row_bytes(formats[i], in_dim)));
    for (size_t at = 0; at < rows.back().size(); ++at) {
      rows.back()[at] = static_cast<uint8_t>(at * 7919 + static_cast<size_t>(i));
    }
    panels.emplace_back(static_cast<size_t>(rlx_packed_bytes(formats[i], out_dim, in_dim)), 0xA5);
  }
  for (size_t i = 0; i < scales.size(); ++i) scales[i] = static_cast<float>(i) - 3.5f;
  for (size_t i = 0; i < 5; ++i) {
    const float* scale = i == 4 ? scales.data() : nullptr;
    jobs.push_back({formats[i], rows[i].data(), scale, nullptr, kSizes[i][0], kSizes[i][1],
                    panels[i].data(), 0});
  }
  CHECK(rlx_pack_all(jobs.data(), 5, 3, nullptr, 0) == 0);
  for (size_t i = 0; i < 5; ++i) {
    std::vector<uint8_t> alone(panels[i].size(), 0x5A);
    CHECK(rlx_pack(jobs[i].format, jobs[i].rows, jobs[i].scales, jobs[i].out_dim, jobs[i].in_dim,
                   alone.data(), 1, nullptr, 0) == 0);
    CHECK(alone == panels[i], i);
  }
  CHECK(rlx_pack_all(nullptr, 0, 3, nullptr, 0) == 0);
}

TEST(rows_are_packed_in_their_order) {
  constexpr int kOut = 37, kIn = 5;
  std::vector<float> rows(kOut * kIn), back(rows.size());
  std::vector<int64_t> order(kOut);
  for (int i = 0; i < kOut; ++i) order[static_cast<size_t>(i)] = i * 11 % kOut;
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<float>(i);
  std::vector<char> panels(static_cast<size_t>(rlx_packed_bytes("f32", kOut, kIn)));
  const rlx_pack_job job = {"f32", rows.data(), nullptr, order.data(), kOut, kIn, panels.data(), 0};
  CHECK(rlx_pack_all(&job, 1, 2, nullptr, 0) == 0);
  CHECK(rlx_unpack("f32", panels.data(), kOut, kIn, back.data(), 1, nullptr, 0) == 0);
  for (int i = 0; i < kOut * kIn; ++i) {
    const int row = i / kIn * 11 % kOut;
    CHECK(back[static_cast<size_t>(i)] == static_cast<float>(row * kIn + i % kIn), i);
  }
}

// A wrong one among right ones: none is packed.
TEST(a_wrong_matrix_stops_all) {
  char text[200];
  const float x = 1;
  std::vector<char> panels(static_cast<size_t>(rlx_packed_bytes("f32", 1, 1)), 'x');
  const rlx_pack_job jobs[] = {{"f32", &x, nullptr, nullptr, 1, 1, panels.data(), 0},
                               {"q4_k", &x, nullptr, nullptr, 1, 255, panels.data(), 0}};
  CHECK(rlx_pack_all(jobs, 2, 2, text, sizeof(text)) == 1);
  CHECK(std::strstr(text, "q4_k[1, 255]") != nullptr, text);
  CHECK(panels[0] == 'x');
}

TEST(wrong_calls_say_what_is_wrong) {
  char text[200];
  float x = 0;
  CHECK(rlx_pack("q9", &x, nullptr, 1, 1, &x, 1, text, sizeof(text)) == 1);
  CHECK(std::strstr(text, "found q9") != nullptr, text);
  CHECK(rlx_pack("q8_0", &x, nullptr, 2, 31, &x, 1, text, sizeof(text)) == 1);
  CHECK(std::strstr(text, "q8_0[2, 31]") != nullptr, text);
  CHECK(rlx_pack("int8", &x, nullptr, 1, 1, &x, 1, text, sizeof(text)) == 1);
  CHECK(std::strstr(text, "scales") != nullptr, text);
  CHECK(rlx_pack("f32", &x, &x, 1, 1, &x, 1, text, sizeof(text)) == 1);
  CHECK(rlx_pack("f32", &x, nullptr, 1, 1, nullptr, 1, text, 4) == 1);
  CHECK(std::strlen(text) == 3, text);
}

}  // namespace
}  // namespace rlx::test
