// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What the benchmarks share: turns, of which those count that nobody disturbed, and plain reads.

#ifndef RLX_KERNELS_BENCH_TURNS_H_
#define RLX_KERNELS_BENCH_TURNS_H_

#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

namespace rlx::bench {

using Clock = std::chrono::steady_clock;

constexpr double kSeconds = 1.0;  // of each measurement

inline double Since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

template <class Run>
double Time(const Run& run) {
  const auto begin = Clock::now();
  run();
  return Since(begin);
}

// The time that one turn in fifty stays below.
inline double Undisturbed(std::vector<double>& times) {
  std::sort(times.begin(), times.end());
  return times[times.size() / 50];
}

// Memory in pages of 2 MiB where the system has them, as the weights of a model lie.
class HugePages {
 public:
  uint8_t* Of(int64_t bytes, int value) {
    const auto size = (static_cast<size_t>(bytes) + kPage - 1) / kPage * kPage;
    memory_.reset(static_cast<uint8_t*>(std::aligned_alloc(kPage, size)));
    madvise(memory_.get(), size, MADV_HUGEPAGE);
    std::memset(memory_.get(), value, size);
    return memory_.get();
  }

 private:
  struct Free {
    void operator()(uint8_t* memory) const { std::free(memory); }
  };
  static constexpr size_t kPage = size_t{1} << 21;
  std::unique_ptr<uint8_t, Free> memory_;
};

inline volatile uint64_t sink;

// Reads memory plainly, in two streams: without asking for lines ahead, which what fetches them by
// itself does better (Zen 3, 2 threads, huge pages, 2026-11-26: 37 GB/s; one stream 31; one with
// lines asked for 4 KiB ahead 26).
inline void Read(const uint8_t* bytes, int64_t count) {
  typedef uint64_t Wide __attribute__((vector_size(64)));
  Wide sums[4] = {};
  const int64_t half = count / 2 / 128 * 128;
  for (int64_t i = 0; i < half; i += 128) {
    for (int j = 0; j < 4; ++j) {
      sums[j] += *reinterpret_cast<const Wide*>(bytes + j / 2 * half + i + j % 2 * 64);
    }
  }
  sink = (sums[0] + sums[1] + sums[2] + sums[3])[0];
}

}  // namespace rlx::bench

#endif  // RLX_KERNELS_BENCH_TURNS_H_
