// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// A Parallel of threads that live for one call: for work that takes long, such as packing.

#ifndef RLX_KERNELS_THREADS_H_
#define RLX_KERNELS_THREADS_H_

#include <algorithm>
#include <system_error>
#include <thread>
#include <vector>

#include "parallel.h"

namespace rlx {

inline Parallel OwnThreads(int threads) {
  auto run = [](void* pool, int64_t tasks, TaskFn task, void* arg) {
    const int64_t threads = reinterpret_cast<intptr_t>(pool);
    std::vector<std::thread> team;
    auto schedule = [&](auto work) {
      try {
        team.emplace_back(std::move(work));
      } catch (const std::system_error&) {
        // No thread to be had: the caller does that share of the work.
      }
    };
    RunShared(threads - 1, schedule, tasks, task, arg);
    for (std::thread& thread : team) thread.join();
  };
  threads = std::max(threads, 1);
  return {reinterpret_cast<void*>(static_cast<intptr_t>(threads)), threads, run};
}

}  // namespace rlx

#endif  // RLX_KERNELS_THREADS_H_
