# Builds the native dialect into build/native where MLIR is installed, or apt can install it.
# Sourced by tools/test after venv.sh. POSIX sh.

NATIVE=build/native
PACKAGES="cmake g++ ninja-build libmlir-22-dev llvm-22-dev llvm-22-tools mlir-22-tools"

# Whether everything that the build needs is installed.
native_tools() {
  command -v cmake && command -v ninja && command -v c++ &&
    [ -e /usr/lib/llvm-22/lib/cmake/mlir/MLIRConfig.cmake ]
} >/dev/null 2>&1

# Whether apt can install here, without asking, and has the packages.
apt_can() {
  [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
  apt-cache show libmlir-22-dev >/dev/null 2>&1 || apt-get update -qq >/dev/null 2>&1
  apt-cache show libmlir-22-dev >/dev/null 2>&1
}

apt_install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $PACKAGES; }

native_build() {
  cmake -G Ninja -S . -B "$NATIVE" -DCMAKE_BUILD_TYPE=Release && cmake --build "$NATIVE"
}

# build_native: builds, or says plainly that it does not.
build_native() {
  if ! native_tools && ! { apt_can && step "install MLIR 22.1" apt_install; }; then
    echo "notice: MLIR 22.1: not installed; tests of the native dialect are left out \
(Debian: apt install $PACKAGES)"
    return
  fi
  step "build $NATIVE" native_build
}
