// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// How fast attention runs against what this machine can read: the best of many short runs.
//
//   rlx-attend-bench [threads]

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "attend.h"
#include "tables.h"
#include "threads.h"

namespace rlx {
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
    auto shared = std::make_shared<SharedTasks>(tasks, task, arg);
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

// Seconds of the fastest of many runs within about a second.
template <class Run>
double Best(const Run& run) {
  using Clock = std::chrono::steady_clock;
  double best = 1e9;
  const auto begin = Clock::now();
  for (int i = 0; i < 4000; ++i) {
    const auto start = Clock::now();
    run(i);
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
    if (i > 4 && Clock::now() - begin > std::chrono::seconds(1)) break;
  }
  return best;
}

double ReadBandwidth(const Parallel& parallel) {
  const size_t bytes = size_t{256} << 20;
  const std::vector<uint64_t> data(bytes / 8, 1);
  std::vector<uint64_t> sums(512);
  const size_t share = bytes / 8 / 64 / 16;  // 64 runs, 16 tasks of 256 KiB each
  const double seconds = Best([&](int run) {
    const uint64_t* all = data.data() + static_cast<size_t>(run % 64) * 16 * share;
    parallel.For(16, [&](int64_t task) {
      uint64_t sum[4] = {};
      const uint64_t* part = all + static_cast<size_t>(task) * share;
      for (size_t i = 0; i < share; i += 4) {
        for (size_t j = 0; j < 4; ++j) sum[j] += part[i + j];
      }
      sums[static_cast<size_t>(task)] = sum[0] + sum[1] + sum[2] + sum[3];
    });
  });
  return static_cast<double>(bytes / 64) / seconds / 1e9;
}

void BenchDecode(const KernelTable& table, const Parallel& parallel, Element cache,
                 int64_t context) {
  const int64_t k = 8, g = 4, e = 64, layers = context > 1000 ? 4 : 24;
  const size_t width = cache == Element::kF32 ? 4 : cache == Element::kBf16 ? 2 : 1;
  const size_t cells = static_cast<size_t>(k * e * context);
  // As many caches as a model has layers: more than the last cache of the CPU holds.
  std::vector<std::vector<char>> keys, values;
  for (int64_t i = 0; i < layers; ++i) {
    keys.emplace_back(cells * width, static_cast<char>(1));
    values.emplace_back(cells * width, static_cast<char>(1));
  }
  std::vector<float> scales(static_cast<size_t>(k * context), 0.01f);
  std::vector<float> q(static_cast<size_t>(k * g * e), 0.5f), out(q.size());
  std::vector<float> row(static_cast<size_t>(k * e), 1.0f);
  std::vector<float> workspace(static_cast<size_t>(DecodeWorkspace(1, 1, k, g, e, context)));
  const int32_t position = static_cast<int32_t>(context - 1);
  float* with = cache == Element::kInt8 ? scales.data() : nullptr;
  const double seconds = Best([&](int run) {
    const size_t i = static_cast<size_t>(run) % keys.size();
    const AttendDecode a = {1,
                            1,
                            k,
                            g,
                            e,
                            context,
                            Element::kF32,
                            cache,
                            q.data(),
                            keys[i].data(),
                            values[i].data(),
                            with,
                            with,
                            &position,
                            row.data(),
                            row.data(),
                            out.data(),
                            workspace.data(),
                            0.125f,
                            0.0f,
                            0};
    Attend(a, *table.decode, parallel);
  });
  const double bytes = static_cast<double>(2 * cells * width);
  const char* names[] = {"f32", "bf16", "int8"};
  std::printf("decode %-4s context %5ld: %7.1f us a layer, %5.1f GB/s\n",
              names[static_cast<int>(cache)], static_cast<long>(context), seconds * 1e6,
              bytes / seconds / 1e9);
}

void BenchPrefill(const KernelTable& table, const Parallel& parallel, Element x) {
  const int64_t t = 512, k = 8, g = 4, e = 64;
  const size_t width = x == Element::kF32 ? 4 : 2;
  const size_t tokens = static_cast<size_t>(t * k * e) * width;
  std::vector<char> q(tokens * g, 1), keys(tokens, 1), values(tokens, 1), out(q.size());
  std::vector<float> workspace(static_cast<size_t>(PrefillWorkspace(1, k, e, t)));
  const double seconds = Best([&](int) {
    const AttendPrefill a = {1,           t,
                             k,           g,
                             e,           t,
                             x,           q.data(),
                             keys.data(), values.data(),
                             nullptr,     nullptr,
                             out.data(),  workspace.data(),
                             0.125f,      0.0f,
                             0,           true};
    Attend(a, *table.prefill, parallel);
  });
  // Two products of a query with each key that it sees: half of all pairs, and the diagonal.
  const double operations = 4.0 * e * k * g * (0.5 * t * (t + 1));
  std::printf("prefill %-4s %ld tokens: %7.2f ms a layer, %5.1f GFLOP/s\n",
              x == Element::kF32 ? "f32" : "bf16", static_cast<long>(t), seconds * 1e3,
              operations / seconds / 1e9);
}

}  // namespace
}  // namespace rlx

int main(int argc, char** argv) {
  using namespace rlx;
  Team team(argc > 1 ? std::atoi(argv[1]) : 2);
  const Parallel parallel = team.AsParallel();
  const Choice& kernels = ChosenKernels();
  if (kernels.table == nullptr) return std::printf("%s\n", kernels.error), 1;
  std::printf("%s, %d threads, read %.1f GB/s\n", kernels.table->isa, parallel.threads,
              ReadBandwidth(parallel));
  BenchPrefill(*kernels.table, parallel, Element::kF32);
  BenchPrefill(*kernels.table, parallel, Element::kBf16);
  for (int64_t context : {512, 8192}) {
    for (Element cache : {Element::kF32, Element::kBf16, Element::kInt8}) {
      BenchDecode(*kernels.table, parallel, cache, context);
    }
  }
}
