# Builds the native parts into build/native: the kernels where there is a C++ compiler, and the
# dialect where MLIR is installed, or apt can install it. Sourced by tools/test after venv.sh.
# POSIX sh.

NATIVE=build/native
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

native_build() {
  cmake -G Ninja -S . -B "$NATIVE" -DCMAKE_BUILD_TYPE=Release \
    -DPython3_EXECUTABLE="$PWD/$VENV/bin/python" && cmake --build "$NATIVE" &&
    "$NATIVE/bin/rlx-kernel-test"
}

# has_sanitizers LIST: whether the compiler can make a program with them that runs here.
has_sanitizers() {
  probe=$(mktemp -d) || return 1
  echo 'int main() { return 0; }' >"$probe/main.cc"
  c++ -fsanitize="$1" -o "$probe/main" "$probe/main.cc" >/dev/null 2>&1 &&
    "$probe/main" >/dev/null 2>&1 && found=0 || found=1
  rm -r "$probe"
  return "$found"
}

# sanitized LIST: the tests of the kernels, built with sanitizers, which end a program at a fault.
sanitized() {
  folder=build/sanitize-$(echo "$1" | tr , -)
  cmake -G Ninja -S . -B "$folder" -DRLXFLOW_DIALECT=OFF -DRLX_SANITIZE="$1" \
    -DPython3_EXECUTABLE="$PWD/$VENV/bin/python" &&
    cmake --build "$folder" -j2 --target rlx-kernel-test && "$folder/bin/rlx-kernel-test"
}

# build_native: builds what it can, and says plainly what it does not.
build_native() {
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
  step "build $NATIVE" native_build
  for list in address,undefined thread; do
    if has_sanitizers "$list"; then
      step "kernels under sanitizers: $list" sanitized "$list"
    else
      echo "notice: sanitizers $list: the compiler lacks them; the kernels are tested without"
    fi
  done
}
