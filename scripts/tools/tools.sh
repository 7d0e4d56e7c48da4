# Sourced by the scripts beside this folder: installs pinned tools into .tools/.
# Nothing is installed twice; a changed pin file installs anew.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
pins=$root/scripts/tools
tools=$root/.tools

# Runs "$@" unless it was done before for these pin files.
# usage: once STAMP_FOLDER PIN_FILE -- COMMAND...
once() {
    local folder=$1 pin_file=$2 stamp
    shift 3
    stamp=$(sha256sum <"$pin_file")
    [[ -f $folder/.pins && $(<"$folder/.pins") == "$stamp" ]] && return
    "$@"
    printf '%s\n' "$stamp" >"$folder/.pins"
}

# Makes .tools/NAME a virtual environment with the packages of a pin file.
# usage: python_tools NAME PIN_FILE
python_tools() {
    once "$tools/$1" "$2" -- make_venv "$tools/$1" "$2"
}

make_venv() {
    rm -rf "$1"
    python3 -m venv "$1"
    "$1/bin/pip" install --quiet --disable-pip-version-check --requirement "$2"
}

# Makes .tools/NAME hold the node_modules of a folder with a lock file.
# usage: node_tools NAME FOLDER
node_tools() {
    once "$tools/$1" "$2/package-lock.json" -- install_node_tools "$tools/$1" "$2"
}

install_node_tools() {
    rm -rf "$1"
    mkdir -p "$1"
    cp "$2/package.json" "$2/package-lock.json" "$2/.npmrc" "$1"
    # Each tool comes whole in its package; no install script has work to do.
    npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
}
