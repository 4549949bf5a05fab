// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The C interface of librlx_kernels.so, for ctypes. It only ever grows; what changes its meaning
// gets another name.
//
// Sizes are counted in elements unless a name says bytes. Functions that can fail return 0 for
// success, else 1 and a sentence in `message` (at most message_bytes with the final zero; null
// where nobody wants it). Nothing is kept between calls.

#ifndef RLX_KERNELS_CAPI_H_
#define RLX_KERNELS_CAPI_H_

#include <stdint.h>

#define RLX_EXPORT extern "C" __attribute__((visibility("default")))

// Version of this interface and of the FFI targets; 1.
RLX_EXPORT int32_t rlx_kernels_version(void);

// Version of the layout of panels (formats.h); 1. Part of every name such as "q8_0.v1".
RLX_EXPORT int32_t rlx_layout_version(void);

// Instruction set in use, such as "avx2"; "" if RLX_KERNELS_ISA names one that cannot be used.
RLX_EXPORT const char* rlx_kernels_isa(void);

// Says why rlx_kernels_isa() is "".
RLX_EXPORT int rlx_kernels_check(char* message, int64_t message_bytes);

// "f32,f16,bf16,int8,q8_0,q4_0,q4_k,q5_k,q6_k"
RLX_EXPORT const char* rlx_formats(void);

// FFI targets, comma-separated. The handler of "rlxflow.linear.v1" is the symbol
// rlx_ffi_linear_v1: without "rlxflow.", dots as underscores, after "rlx_ffi_".
RLX_EXPORT const char* rlx_targets(void);

// Bytes of a packed matrix, a multiple of 64; -1 if there is no such format or in_dim is not a
// multiple of its block (32 for q8_0 and q4_0, 256 for q4_k, q5_k, q6_k).
RLX_EXPORT int64_t rlx_packed_bytes(const char* format, int64_t out_dim, int64_t in_dim);

// Bytes for each layer of a stack u8[layers, bytes] of `matrices` a layer, which has the formats
// "q4_k|q6_k|q4_k", one a layer. The panels of all layers lie one behind the other, so that a layer
// takes more or fewer bytes than that, and the last bytes may be nobody's. -1 as above.
RLX_EXPORT int64_t rlx_stack_bytes(const char* formats, int64_t matrices, int64_t out_dim,
                                   int64_t in_dim);

// Bytes of a row in a file; for int8 in_dim, the scale apart. -1 as above.
RLX_EXPORT int64_t rlx_file_row_bytes(const char* format, int64_t in_dim);

// Bytes of the last result, `workspace`, of "rlxflow.linear.v1" and "rlxflow.linear_glu.v1" with so
// many rows of x and comma-separated formats, of a stack "q4_k|q6_k"; -1 if they are not formats.
RLX_EXPORT int64_t rlx_linear_workspace_bytes(const char* formats, int64_t rows, int64_t in_dim);

// Bytes of the last result, `workspace`, of "rlxflow.experts.v1" with the formats of gate, up and
// down, or of both wide ones in one and of down; -1 if they are not such.
RLX_EXPORT int64_t rlx_experts_workspace_bytes(const char* formats, int64_t tokens, int64_t choices,
                                               int64_t experts, int64_t in_dim, int64_t inner_dim);

// Bytes of the last result, `workspace`, of the targets of these names: of attention for
// q[b, t, k, g, e] and s slots or keys, of the search for the best for scores [rows, count].
RLX_EXPORT int64_t rlx_attend_decode_workspace(int64_t b, int64_t t, int64_t k, int64_t g,
                                               int64_t e, int64_t s);
RLX_EXPORT int64_t rlx_attend_prefill_workspace(int64_t b, int64_t k, int64_t e, int64_t s);
RLX_EXPORT int64_t rlx_argmax_workspace(int64_t rows, int64_t count);
RLX_EXPORT int64_t rlx_top_k_workspace(int64_t rows, int64_t count, int64_t k);

// Packs out_dim rows with up to `threads` threads. Rows lie one after the other: f32, f16 or bf16
// numbers, int8 numbers with their scales f32[out_dim] in `scales` (null for all other formats), or
// GGUF blocks. `panels` has rlx_packed_bytes, best 64-byte aligned. A matrix may be packed in
// pieces: rows 16 n and on go to byte n * rlx_packed_bytes(format, 16, in_dim).
RLX_EXPORT int rlx_pack(const char* format, const void* rows, const float* scales, int64_t out_dim,
                        int64_t in_dim, void* panels, int threads, char* message,
                        int64_t message_bytes);

// A matrix of rlx_pack_all, as rlx_pack takes one. Row i of the panels is order[i] of the rows,
// each once; null for as they lie. `mapped` is 1 where the rows lie in a file that is mapped for
// reading: their pages are given back once it is packed.
struct rlx_pack_job {
  const char* format;
  const void* rows;
  const float* scales;
  const int64_t* order;
  int64_t out_dim, in_dim;
  void* panels;
  int32_t mapped;
};

// Packs many matrices; none if one of them is wrong.
RLX_EXPORT int rlx_pack_all(const struct rlx_pack_job* jobs, int64_t count, int threads,
                            char* message, int64_t message_bytes);

// Writes f32[out_dim, in_dim].
RLX_EXPORT int rlx_unpack(const char* format, const void* panels, int64_t out_dim, int64_t in_dim,
                          float* rows, int threads, char* message, int64_t message_bytes);

// Multiplies and adds "int16", "f32" or "bf16" in registers for so many turns of a loop, on this
// thread, and returns the operations done: 0 for bf16 where the CPU does not multiply it; -1 for
// another type, or without an instruction set. Who takes the time knows what bounds products of
// many rows.
RLX_EXPORT int64_t rlx_multiply(const char* type, int64_t turns);

// Reads memory on this thread and returns the sum, modulo 2^32, of its whole 32-bit words: in
// `streams` parts of equal size side by side, one at least, asking for lines `ahead` bytes before
// they are read, 0: not at all. Which way is fastest differs from CPU to CPU. 0 without an
// instruction set.
RLX_EXPORT uint32_t rlx_read(const void* memory, int64_t bytes, int32_t streams, int64_t ahead);

#endif  // RLX_KERNELS_CAPI_H_
