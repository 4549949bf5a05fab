// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "pack_all.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <iterator>

namespace rlx {
namespace {

void GiveBackRows(const PackJob& job) noexcept {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<uintptr_t>(job.rows);
  const auto bytes = static_cast<uintptr_t>(job.out_dim * FileRowBytes(job.format, job.in_dim));
  const uintptr_t first = (begin + page - 1) / page * page, last = (begin + bytes) / page * page;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

}  // namespace

void PackAll(const std::vector<SharedJob>& jobs, const Parallel& parallel) {
  std::vector<int64_t> ends;                            // of each job's parts, counted over all
  std::vector<std::atomic<int64_t>> left(jobs.size());  // parts of each that are not packed yet
  for (size_t i = 0; i < jobs.size(); ++i) {
    left[i] = PackParts(jobs[i].job);
    ends.push_back((i == 0 ? 0 : ends.back()) + left[i]);
  }
  parallel.For(ends.empty() ? 0 : ends.back(), [&](int64_t part) {
    const auto job = std::distance(ends.begin(), std::upper_bound(ends.begin(), ends.end(), part));
    const auto i = static_cast<size_t>(job);
    PackPart(jobs[i].job, i == 0 ? part : part - ends[i - 1]);
    if (--left[i] == 0 && jobs[i].mapped) GiveBackRows(jobs[i].job);
  });
  // Who reads the first rows of a matrix makes the system map some pages before them, too.
  for (const SharedJob& each : jobs) {
    if (each.mapped) GiveBackRows(each.job);
  }
}

}  // namespace rlx
