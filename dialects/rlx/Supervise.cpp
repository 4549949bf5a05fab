// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Supervise.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "llvm/Support/raw_ostream.h"
#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace rlx {
namespace {

pid_t child = 0;

void passOn(int signal) { kill(child, signal); }

}  // namespace

int supervised(int argc, char **argv, const std::function<int()> &run) {
  child = fork();
  if (child < 0) return run();
  if (child == 0) {
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // where the parent is ended by force
#endif
    return run();
  }
  signal(SIGINT, SIG_IGN);  // a terminal sends it to the child as well
  signal(SIGTERM, passOn);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFSIGNALED(status)) return WEXITSTATUS(status);
  int number = WTERMSIG(status);
  if (number == SIGINT || number == SIGTERM || number == SIGPIPE) {
    signal(number, SIG_DFL);
    raise(number);
  }
  llvm::errs() << "rlx-opt: error: MLIR ended the process (" << strsignal(number) << ") in: rlx-opt";
  for (int i = 1; i < argc; ++i) llvm::errs() << ' ' << argv[i];
  llvm::errs() << '\n';
  return 1;
}

}  // namespace rlx
