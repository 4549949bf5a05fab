# Installs what the native parts are built with, a C++ compiler and MLIR, where apt can. Sourced by
# tools/test after venv.sh. POSIX sh.

COMPILER="cmake g++ ninja-build"
PACKAGES="$COMPILER libmlir-22-dev llvm-22-dev llvm-22-tools mlir-22-tools"

has_compiler() {
  command -v cmake && command -v ninja && command -v c++
} >/dev/null 2>&1

has_mlir() {
  [ -e /usr/lib/llvm-22/lib/cmake/mlir/MLIRConfig.cmake ]
}

# Whether apt can install here, without asking, and has a package.
apt_can() {
  [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
  apt-cache show "$1" >/dev/null 2>&1 || apt-get update -qq >/dev/null 2>&1
  apt-cache show "$1" >/dev/null 2>&1
}

apt_install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; }

# prepare_native: installs what is missing, and says plainly what is left out for the lack of it.
prepare_native() {
  if ! has_compiler && ! { apt_can g++ && step "install a compiler" apt_install $COMPILER; }; then
    echo "notice: C++ compiler, cmake or ninja: not installed; tests of the kernels and of the \
native dialect are left out (Debian: apt install $PACKAGES)"
    return
  fi
  if ! has_mlir && ! { apt_can libmlir-22-dev && step "install MLIR 22.1" apt_install $PACKAGES; }
  then
    echo "notice: MLIR 22.1: not installed; tests of the native dialect are left out \
(Debian: apt install $PACKAGES)"
  fi
}
