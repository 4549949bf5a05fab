// Prints the names of the stages of a module, then the module without them.
#include "RlxDialect.h"
#include "RlxPasses.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

int main(int, char **argv) {
  mlir::MLIRContext context;
  context.loadDialect<rlx::RlxDialect, mlir::func::FuncDialect>();
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(argv[1], &context);
  if (!module) return 1;
  module->walk([](rlx::StageOp stage) { llvm::outs() << "stage " << stage.getName() << "\n"; });
  mlir::PassManager passes(&context);
  passes.addPass(rlx::createInlineStages());
  if (mlir::failed(passes.run(*module))) return 1;
  module->print(llvm::outs());
  return 0;
}
