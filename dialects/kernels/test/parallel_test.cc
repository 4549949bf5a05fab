// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Sharing of tasks: every task once, no waiting for helpers that do not come, late helpers
// harmless.

#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "check.h"
#include "threads.h"

namespace rlx::test {
namespace {

std::vector<int> Counts(const Parallel& parallel, int64_t tasks) {
  std::vector<std::atomic<int>> counts(static_cast<size_t>(tasks));
  parallel.For(tasks, [&](int64_t index) { ++counts[static_cast<size_t>(index)]; });
  return std::vector<int>(counts.begin(), counts.end());
}

TEST(every_task_runs_once) {
  for (int threads : {1, 2, 5}) {
    for (int64_t tasks : {0, 1, 3, 1000}) {
      const std::vector<int> counts = Counts(OwnThreads(threads), tasks);
      CHECK(counts == std::vector<int>(static_cast<size_t>(tasks), 1), threads, " ", tasks);
    }
  }
}

TEST(helpers_that_never_come_are_not_waited_for) {
  std::vector<std::function<void()>> late;
  int sum = 0;
  TaskFn task = [](void* arg, int64_t index) noexcept {
    *static_cast<int*>(arg) += static_cast<int>(index);
  };
  RunShared(3, [&](auto work) { late.emplace_back(work); }, 10, task, &sum);
  CHECK(sum == 45, sum);
  CHECK(late.size() == 3);
  for (auto& work : late) work();  // finds nothing to do
  CHECK(sum == 45, sum);
}

// Who works on tasks first takes some that lie together.
TEST(everybody_begins_with_a_part_of_their_own) {
  struct Seen {
    std::atomic<int> begun{0};
    std::mutex mutex;
    std::map<std::thread::id, std::vector<int64_t>> tasks;
  } seen;
  OwnThreads(3).For(11, [&](int64_t index) {
    {
      const std::lock_guard<std::mutex> lock(seen.mutex);
      std::vector<int64_t>& own = seen.tasks[std::this_thread::get_id()];
      if (own.empty()) ++seen.begun;
      own.push_back(index);
    }
    while (seen.begun < 3) std::this_thread::yield();
  });
  std::set<int64_t> first;
  for (const auto& [thread, tasks] : seen.tasks) first.insert(tasks[0]);
  CHECK(first == std::set<int64_t>({0, 3, 7}), seen.tasks.size());
}

TEST(two_callers_at_once) {
  std::vector<std::thread> callers;
  std::atomic<int> right{0};
  for (int caller = 0; caller < 2; ++caller) {
    callers.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        right += Counts(OwnThreads(3), 50) == std::vector<int>(50, 1);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(right == 40, right.load());
}

}  // namespace
}  // namespace rlx::test
