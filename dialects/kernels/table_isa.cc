// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "lanes.h"
#include "tables.h"

namespace rlx::RLX_ISA {

extern const ConvertKernels kConvert;
extern const DecodeKernels kDecode;
extern const PrefillKernels kPrefill;
extern const FinishFn kFinish;
extern const PanelFn kFloatPanels[], kIntPanels[];
extern const ReadyKernels kReady;
extern const SampleKernels kSample;

extern const KernelTable kTable;
const KernelTable kTable = {.isa = RLX_STRING(RLX_ISA),
                            .convert = &kConvert,
                            .decode = &kDecode,
                            .prefill = &kPrefill,
                            .sample = &kSample,
                            .linear = {&kReady, kFloatPanels, kIntPanels, &kFinish}};

}  // namespace rlx::RLX_ISA
