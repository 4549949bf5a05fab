# The AVX-512 kernels compiled against SIMDe, which does what their instructions do with those of any
# CPU, those of AMX against tiles_plain.h, and all tests of kernels with them: target
# rlx-kernel-test-simde, built when asked for (it takes minutes). RLX_KERNELS_ISA=simde_avx512 is for
# the sets behind the first.

find_path(RLX_SIMDE_INCLUDE simde/x86/avx512.h)
# Older ones lack some of the instructions.
set(found "")
if(EXISTS "${RLX_SIMDE_INCLUDE}/simde/x86/avx512/cvt.h")
  file(STRINGS "${RLX_SIMDE_INCLUDE}/simde/x86/avx512/cvt.h" found REGEX "define _mm512_cvtph_ps")
endif()
if(NOT found)
  message(STATUS "RlxFlow: no tests of AVX-512 kernels but on CPUs that have it: SIMDe 0.8 or later "
    "not found (-DRLX_SIMDE_INCLUDE=...)")
  return()
endif()
message(STATUS "RlxFlow: target rlx-kernel-test-simde, with SIMDe in ${RLX_SIMDE_INCLUDE}")

# Nothing is inlined, so that it compiles at all fast; multiply-and-add is fused where this CPU has it.
set(flags -O1 "SHELL:-isystem ${RLX_SIMDE_INCLUDE}" ${avx2})
set(defines RLX_SIMDE SIMDE_NO_INLINE)
add_isa(simde_avx512 LANES AVX512 FLAGS ${flags} DEFINES ${defines})
add_isa(simde_avx512vnni LANES AVX512 FLAGS ${flags}
  SOURCES attend_decode_isa.cc linear_int_isa.cc table_isa.cc
  DEFINES ${defines} RLX_AVX512_VNNI RLX_FLOAT_ISA=simde_avx512 RLX_HALVES_ISA=simde_avx512
    RLX_TILES_ISA=simde_avx512 RLX_REST_ISA=simde_avx512)
add_isa(simde_avx512bf16 LANES AVX512 FLAGS ${flags}
  SOURCES linear_halves_isa.cc table_isa.cc
  DEFINES ${defines} RLX_AVX512_BF16 RLX_INT_ISA=simde_avx512vnni RLX_FLOAT_ISA=simde_avx512
    RLX_TILES_ISA=simde_avx512 RLX_REST_ISA=simde_avx512)
add_isa(simde_amx LANES AVX512 FLAGS ${flags}
  SOURCES ${RLX_AMX_SOURCES}
  DEFINES ${defines} RLX_AVX512_VNNI RLX_AVX512_BF16 RLX_AMX RLX_PREFILL_ISA=simde_amx
    RLX_REST_ISA=simde_avx512)
set(isas simde_amx simde_avx512bf16 simde_avx512vnni simde_avx512 scalar)
add_choice(rlx-choice-simde ${isas})
add_kernel_test(rlx-kernel-test-simde rlx-choice-simde ${isas})
set_target_properties(rlx-kernel-test-simde PROPERTIES EXCLUDE_FROM_ALL ON)
