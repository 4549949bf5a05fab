// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Work shared by threads: kernels are called for task indices and do not know whose threads run.

#ifndef RLX_KERNELS_PARALLEL_H_
#define RLX_KERNELS_PARALLEL_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace rlx {

// task(arg, index) for an index; from any thread, for several indices at once.
using TaskFn = void (*)(void* arg, int64_t index) noexcept;

// Threads that share work, type-erased. `run` returns once every index below `tasks` has been run.
struct Parallel {
  void* pool;
  int threads;  // that may run at the same time, the caller among them
  void (*run)(void* pool, int64_t tasks, TaskFn task, void* arg);

  // Calls body(index) for every index below `tasks`.
  template <class Body>
  void For(int64_t tasks, const Body& body) const {
    TaskFn task = [](void* arg, int64_t index) noexcept {
      (*static_cast<const Body*>(arg))(index);
    };
    void* arg = const_cast<void*>(static_cast<const void*>(&body));
    if (threads > 1 && tasks > 1) return run(pool, tasks, task, arg);
    for (int64_t index = 0; index < tasks; ++index) task(arg, index);
  }
};

// One thread: the caller.
inline Parallel Serial() { return {nullptr, 1, nullptr}; }

// Says to the CPU that this thread only waits.
inline void Pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Tasks that are handed out one by one. Everybody who calls Work() takes part, first in a part of
// the tasks that is theirs alone, since neighbours lie together in memory and the CPU reads ahead;
// then in what is left of those of others. Wait() waits only for tasks that somebody has begun. So
// nobody waits for a helper that never comes, and a helper that comes late finds nothing to do and
// touches nothing but this object, which it co-owns.
class SharedTasks {
 public:
  SharedTasks(int64_t workers, int64_t tasks, TaskFn task, void* arg)
      : tasks_(tasks), task_(task), arg_(arg), parts_(static_cast<size_t>(workers)) {
    for (int64_t i = 0; i < workers; ++i) {
      Part& part = parts_[static_cast<size_t>(i)];
      part.next = tasks * i / workers;
      part.end = tasks * (i + 1) / workers;
    }
  }

  void Work() {
    const size_t own = joined_.fetch_add(1, std::memory_order_relaxed);
    for (size_t i = 0; i < parts_.size(); ++i) WorkOn(parts_[(own + i) % parts_.size()]);
  }

  void Wait() {
    for (int i = 0; i < kPauses && done_.load(std::memory_order_acquire) < tasks_; ++i) Pause();
    for (int64_t done; (done = done_.load(std::memory_order_acquire)) < tasks_;) done_.wait(done);
  }

 private:
  static constexpr int kPauses = 1000;  // some tens of microseconds, as long as a task takes

  struct alignas(64) Part {
    std::atomic<int64_t> next;
    int64_t end;
  };

  void WorkOn(Part& part) {
    for (int64_t index; (index = part.next.fetch_add(1, std::memory_order_relaxed)) < part.end;) {
      task_(arg_, index);
      if (done_.fetch_add(1, std::memory_order_acq_rel) + 1 == tasks_) done_.notify_all();
    }
  }

  const int64_t tasks_;
  const TaskFn task_;
  void* const arg_;
  std::vector<Part> parts_;
  alignas(64) std::atomic<size_t> joined_{0};
  alignas(64) std::atomic<int64_t> done_{0};
};

// Runs the tasks on the caller and on `helpers` others; schedule(f) makes somebody call f once,
// at any time: now, later, or after this has returned.
template <class Schedule>
void RunShared(int64_t helpers, Schedule&& schedule, int64_t tasks, TaskFn task, void* arg) {
  helpers = std::min(helpers, tasks - 1);
  auto shared = std::make_shared<SharedTasks>(helpers + 1, tasks, task, arg);
  for (int64_t i = 0; i < helpers; ++i) {
    schedule([shared] { shared->Work(); });
  }
  shared->Work();
  shared->Wait();
}

}  // namespace rlx

#endif  // RLX_KERNELS_PARALLEL_H_
