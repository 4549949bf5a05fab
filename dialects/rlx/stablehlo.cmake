# StableHLO for rlx-opt, from its own sources: -DSTABLEHLO_SOURCE_DIR=<a checkout of openxla/stablehlo>.
# Only StableHLO and CHLO are taken (no VHLO, no passes). The checkout has to fit MLIR 22.1: a commit
# of January 2026 does, such as 6b4e61fe6 (release 1.13.8); newer ones want a newer MLIR.

if(NOT EXISTS ${STABLEHLO_SOURCE_DIR}/stablehlo/dialect/StablehloOps.td)
  message(FATAL_ERROR "STABLEHLO_SOURCE_DIR: expected a checkout of openxla/stablehlo, "
    "found no stablehlo/dialect/StablehloOps.td in ${STABLEHLO_SOURCE_DIR}")
endif()

set(SHLO ${STABLEHLO_SOURCE_DIR}/stablehlo/dialect)
set(SHLO_GENERATED ${CMAKE_CURRENT_BINARY_DIR}/generated/stablehlo/dialect)
file(MAKE_DIRECTORY ${SHLO_GENERATED})

macro(shlo_tablegen file)
  mlir_tablegen(generated/stablehlo/dialect/${file} ${ARGN}
    EXTRA_INCLUDES ${STABLEHLO_SOURCE_DIR})
endmacro()

set(LLVM_TARGET_DEFINITIONS ${SHLO}/Base.td)
shlo_tablegen(BaseAttrInterfaces.h.inc -gen-attr-interface-decls)
shlo_tablegen(BaseAttrInterfaces.cpp.inc -gen-attr-interface-defs)
set(LLVM_TARGET_DEFINITIONS ${SHLO}/StablehloOps.td)
shlo_tablegen(StablehloOps.h.inc -gen-op-decls)
shlo_tablegen(StablehloOps.cpp.inc -gen-op-defs)
shlo_tablegen(StablehloEnums.h.inc -gen-enum-decls)
shlo_tablegen(StablehloEnums.cpp.inc -gen-enum-defs)
shlo_tablegen(StablehloAttrs.h.inc -gen-attrdef-decls)
shlo_tablegen(StablehloAttrs.cpp.inc -gen-attrdef-defs)
shlo_tablegen(StablehloTypeDefs.h.inc -gen-typedef-decls --typedefs-dialect=stablehlo)
shlo_tablegen(StablehloTypeDefs.cpp.inc -gen-typedef-defs --typedefs-dialect=stablehlo)
set(LLVM_TARGET_DEFINITIONS ${SHLO}/ChloOps.td)
shlo_tablegen(ChloOps.h.inc -gen-op-decls)
shlo_tablegen(ChloOps.cpp.inc -gen-op-defs)
shlo_tablegen(ChloEnums.h.inc -gen-enum-decls)
shlo_tablegen(ChloEnums.cpp.inc -gen-enum-defs)
shlo_tablegen(ChloAttrs.h.inc -gen-attrdef-decls)
shlo_tablegen(ChloAttrs.cpp.inc -gen-attrdef-defs)
add_public_tablegen_target(rlx-stablehlo-tblgen)

add_library(RlxStablehlo STATIC ${SHLO}/AssemblyFormat.cpp ${SHLO}/Base.cpp
  ${SHLO}/BroadcastUtils.cpp ${SHLO}/ChloBytecode.cpp ${SHLO}/ChloOps.cpp
  ${SHLO}/StablehloBytecode.cpp ${SHLO}/StablehloOps.cpp ${SHLO}/TypeInference.cpp
  ${SHLO}/Version.cpp ${SHLO}/../transforms/StablehloBroadcastLowering.cpp)
add_dependencies(RlxStablehlo rlx-stablehlo-tblgen)
target_include_directories(RlxStablehlo SYSTEM PUBLIC ${STABLEHLO_SOURCE_DIR}
  ${CMAKE_CURRENT_BINARY_DIR}/generated ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
target_compile_options(RlxStablehlo PRIVATE -w -fno-exceptions -fno-rtti -ffunction-sections
  -fdata-sections)
target_compile_definitions(RlxStablehlo PUBLIC RLX_WITH_STABLEHLO)
target_link_libraries(RlxStablehlo PUBLIC MLIRArithDialect MLIRDataLayoutInterfaces
  MLIRInferTypeOpInterface MLIRIR MLIRQuantDialect MLIRShapeDialect MLIRSparseTensorDialect
  MLIRTensorDialect MLIRTransformUtils)
