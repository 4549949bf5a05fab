// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How fast attention runs, beside what this machine reads: each in turns, so that the turns that
// nobody disturbed say what the kernel can do. The shape is that of a model of 1B: 8 heads of keys
// and values of 64, 4 query heads each.
//
//   rlx-attend-bench [threads] [rows] [slots ...]
//   rlx-attend-bench 2 1 576 8256
//
// One line a cache type: GB/s of the cache, GB/s of plain reads of memory of its size in the same
// second, their ratio. Without slots: attention within a call of 512 tokens, too.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "attend.h"
#include "tables.h"
#include "threads.h"
#include "turns.h"

namespace rlx::bench {
namespace {

// Threads that stay, so that a run is not the starting of threads.
class Team {
 public:
  explicit Team(int threads) : threads_(threads) {
    for (int i = 1; i < threads; ++i) team_.emplace_back([this] { Help(); });
  }
  ~Team() {
    stop_ = true;
    ++calls_;
    calls_.notify_all();
    for (std::thread& thread : team_) thread.join();
  }
  Parallel AsParallel() {
    return {this, threads_, [](void* team, int64_t tasks, TaskFn task, void* arg) {
              static_cast<Team*>(team)->Run(tasks, task, arg);
            }};
  }

 private:
  void Run(int64_t tasks, TaskFn task, void* arg) {
    auto shared =
        std::make_shared<SharedTasks>(std::min<int64_t>(threads_, tasks), tasks, task, arg);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      shared_ = shared;
    }
    ++calls_;
    calls_.notify_all();
    shared->Work();
    shared->Wait();
  }
  void Help() {
    for (int64_t seen = 0; !stop_;) {
      for (int spin = 0; spin < 20000 && calls_ == seen; ++spin) std::this_thread::yield();
      calls_.wait(seen);
      seen = calls_;
      std::shared_ptr<SharedTasks> shared;
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        shared = shared_;
      }
      if (shared) shared->Work();
    }
  }
  int threads_;
  std::vector<std::thread> team_;
  std::mutex mutex_;
  std::shared_ptr<SharedTasks> shared_;
  std::atomic<int64_t> calls_{0};
  std::atomic<bool> stop_{false};
};

constexpr int64_t kMemory = int64_t{96} << 20;  // larger than caches
constexpr int64_t kHeads = 8, kGroup = 4, kElements = 64;

const char* NameOf(Element element) {
  const char* names[] = {"f32", "bf16", "f16", "int8"};
  return names[static_cast<int>(element)];
}

// Turns of the two, whose argument counts them.
template <class One, class Other>
std::pair<double, double> InTurns(const One& one, const Other& other) {
  std::vector<double> ones, others;
  const auto begin = Clock::now();
  for (int64_t i = 0; Since(begin) < kSeconds; ++i) {
    ones.push_back(Time([&] { one(i); }));
    others.push_back(Time([&] { other(i); }));
  }
  return {Undisturbed(ones), Undisturbed(others)};
}

// Memory that begins with a cache line, as XLA's does; its bytes make usual numbers in every type.
struct Lines {
  explicit Lines(int64_t bytes) : memory(static_cast<size_t>(bytes + 4160), 0x3c) {}
  uint8_t* data() { return memory.data() + (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64); }
  std::vector<uint8_t> memory;
};

// The caches of as many layers as the CPU's own caches do not hold: keys, values, scales of both.
void BenchDecode(const KernelTable& table, const Parallel& parallel, Element cache, int64_t rows,
                 int64_t slots) {
  const int64_t bytes = rows * kHeads * kElements * slots * static_cast<int64_t>(BytesOf(cache));
  const bool scaled = cache == Element::kInt8;
  const int64_t scales = scaled ? rows * kHeads * slots * static_cast<int64_t>(sizeof(float)) : 0;
  const int64_t layer = 2 * (bytes + scales), layers = std::max<int64_t>(2 * kMemory / layer, 2);
  Lines caches(layers * layer);
  const auto size = [](int64_t n) { return static_cast<size_t>(n); };
  std::vector<float> fresh(size(rows * kHeads * kElements), 1.0f);
  std::vector<float> q(fresh.size() * kGroup, 0.5f), out(q.size());
  std::vector<float> workspace(size(DecodeWorkspace(rows, 1, kHeads, kGroup, kElements, slots)));
  const std::vector<int32_t> positions(size(rows), static_cast<int32_t>(slots - 1));
  AttendDecode a = {};
  a = {rows,
       1,
       kHeads,
       kGroup,
       kElements,
       slots,
       Element::kF32,
       cache,
       q.data(),
       nullptr,
       nullptr,
       nullptr,
       nullptr,
       positions.data(),
       fresh.data(),
       fresh.data(),
       out.data(),
       workspace.data(),
       0.125f,
       0.0f,
       0};
  const auto attend = [&](int64_t turn) {
    uint8_t* at = caches.data() + 2 * turn % layers * layer;
    a.keys = at;
    a.values = at + bytes;
    if (scaled) {
      a.key_scales = reinterpret_cast<float*>(at + 2 * bytes);
      a.value_scales = reinterpret_cast<float*>(at + 2 * bytes + scales);
    }
    Attend(a, *table.decode, parallel);
  };
  const auto read = [&](int64_t turn) {
    const uint8_t* from = caches.data() + (2 * turn + 1) % layers * layer;
    parallel.For(16, [&](int64_t task) { Read(from + task * (layer / 16), layer / 16); });
  };
  const auto [attended, plain] = InTurns(attend, read);
  const double all = 1e-9 * static_cast<double>(layer);
  std::printf("decode %-4s %ld x %4ld: %7.1f us a layer, %5.1f GB/s of %5.1f: %.2f\n",
              NameOf(cache), static_cast<long>(rows), static_cast<long>(slots), attended * 1e6,
              all / attended, all / plain, plain / attended);
}

void BenchPrefill(const KernelTable& table, const Parallel& parallel, Element x) {
  const int64_t t = 512, k = kHeads, g = kGroup, e = kElements;
  const size_t tokens = static_cast<size_t>(t * k * e) * BytesOf(x);
  std::vector<char> q(tokens * g, 1), keys(tokens, 1), values(tokens, 1), out(q.size());
  std::vector<float> workspace(static_cast<size_t>(PrefillWorkspace(1, k, e, t)));
  const AttendPrefill a = {1,           t,
                           k,           g,
                           e,           t,
                           x,           q.data(),
                           keys.data(), values.data(),
                           nullptr,     nullptr,
                           out.data(),  workspace.data(),
                           0.125f,      0.0f,
                           0,           true};
  const double seconds =
      InTurns([&](int64_t) { Attend(a, *table.prefill, parallel); }, [](int64_t) {}).first;
  // Two products of a query with each key that it sees: half of all pairs, and the diagonal.
  const double operations = 4.0 * e * k * g * (0.5 * t * (t + 1));
  std::printf("prefill %-4s %ld tokens: %7.2f ms a layer, %5.1f GFLOP/s\n", NameOf(x),
              static_cast<long>(t), seconds * 1e3, operations / seconds / 1e9);
}

}  // namespace
}  // namespace rlx::bench

int main(int argc, char** argv) {
  using namespace rlx;
  using namespace rlx::bench;
  const auto number = [&](int i, int otherwise) {
    return argc > i ? std::atoi(argv[i]) : otherwise;
  };
  Team team(number(1, 2));
  const Parallel parallel = team.AsParallel();
  const Choice& kernels = ChosenKernels();
  if (kernels.table == nullptr) return std::printf("%s\n", kernels.error), 1;
  std::printf("%s, %d threads\n", kernels.table->isa, parallel.threads);
  std::vector<int64_t> contexts;
  for (int i = 3; i < argc; ++i) contexts.push_back(number(i, 0));
  if (argc <= 3) {
    contexts = {576, 8256};
    BenchPrefill(*kernels.table, parallel, Element::kF32);
    BenchPrefill(*kernels.table, parallel, Element::kBf16);
  }
  for (int64_t slots : contexts) {
    for (Element cache : {Element::kF32, Element::kBf16, Element::kF16, Element::kInt8}) {
      BenchDecode(*kernels.table, parallel, cache, number(2, 1), slots);
    }
  }
}
