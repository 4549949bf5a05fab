// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The table of a set. It may take products with integers, those with numbers, those of bf16, in
// tiles or not, attention to a cache, attention within a call, and the rest from other sets, where
// its own would be the same.

#include "lanes.h"
#include "prefetch_isa.h"
#include "tables.h"

#ifndef RLX_INT_ISA
#define RLX_INT_ISA RLX_ISA
#endif
#ifndef RLX_DECODE_ISA
#define RLX_DECODE_ISA RLX_INT_ISA
#endif
#ifndef RLX_FLOAT_ISA
#define RLX_FLOAT_ISA RLX_ISA
#endif
#ifndef RLX_HALVES_ISA
#define RLX_HALVES_ISA RLX_ISA
#endif
#ifndef RLX_TILES_ISA
#define RLX_TILES_ISA RLX_ISA
#endif
#ifndef RLX_REST_ISA
#define RLX_REST_ISA RLX_ISA
#endif
#ifndef RLX_PREFILL_ISA
#define RLX_PREFILL_ISA RLX_REST_ISA
#endif

namespace rlx::RLX_DECODE_ISA {
extern const DecodeKernels kDecode;
}  // namespace rlx::RLX_DECODE_ISA
namespace rlx::RLX_INT_ISA {
extern const PanelFn kIntPanels[];
extern const MultiplyFn kMultiplyInts;
}  // namespace rlx::RLX_INT_ISA
namespace rlx::RLX_FLOAT_ISA {
extern const PanelFn kFloatPanels[];
extern const MultiplyFn kMultiplyFloats;
}  // namespace rlx::RLX_FLOAT_ISA
namespace rlx::RLX_HALVES_ISA {
extern const PanelFn kHalvesPanels[];
extern const MultiplyFn kMultiplyHalves;
}  // namespace rlx::RLX_HALVES_ISA
namespace rlx::RLX_TILES_ISA {
extern const PanelFn kBytePanels[];
extern const PanelFn kTilePanels[];
extern const MultiplyFn kMultiplyTiles;
}  // namespace rlx::RLX_TILES_ISA
namespace rlx::RLX_PREFILL_ISA {
extern const PrefillKernels kPrefill;
}  // namespace rlx::RLX_PREFILL_ISA
namespace rlx::RLX_REST_ISA {
extern const ConvertKernels kConvert;
extern const FinishFn kFinish;
extern const ReadFn kRead;
extern const ReadyKernels kReady;
extern const SampleKernels kSample;
}  // namespace rlx::RLX_REST_ISA

namespace rlx::RLX_ISA {

extern const KernelTable kTable;
const KernelTable kTable = {.isa = RLX_STRING(RLX_ISA),
                            .convert = &RLX_REST_ISA::kConvert,
                            .decode = &RLX_DECODE_ISA::kDecode,
                            .prefill = &RLX_PREFILL_ISA::kPrefill,
                            .read = &RLX_REST_ISA::kRead,
                            .sample = &RLX_REST_ISA::kSample,
                            .linear = {.streams = kStreams,
                                       .ready = &RLX_REST_ISA::kReady,
                                       .float_panels = RLX_FLOAT_ISA::kFloatPanels,
                                       .int_panels = RLX_INT_ISA::kIntPanels,
                                       .halves_panels = RLX_HALVES_ISA::kHalvesPanels,
                                       .tile_panels = RLX_TILES_ISA::kTilePanels,
                                       .byte_panels = RLX_TILES_ISA::kBytePanels,
                                       .finish = &RLX_REST_ISA::kFinish,
                                       .multiply_ints = &RLX_INT_ISA::kMultiplyInts,
                                       .multiply_floats = &RLX_FLOAT_ISA::kMultiplyFloats,
                                       .multiply_halves = &RLX_HALVES_ISA::kMultiplyHalves,
                                       .multiply_tiles = &RLX_TILES_ISA::kMultiplyTiles}};

}  // namespace rlx::RLX_ISA
