#!/bin/sh
# deps.sh build|test -- the Debian 12 packages that are needed for it; installs those that are missing.
# With everything there it asks nobody: no network, no privileges.
set -eu

# What the program is made with and of.
build="gcc make libc6-dev perl protobuf-c-compiler nodejs npm
    libh2o-evloop-dev libssl-dev libsqlite3-dev libprotobuf-c-dev liblz4-dev zlib1g-dev libbrotli-dev
    libzstd-dev libsodium-dev libcurl4-openssl-dev libinih-dev libsystemd-dev libseccomp-dev
    ca-certificates"
# What the tests use besides: sanitizers and fuzzing, a browser, the languages of the real SDKs.
test="clang libclang-rt-14-dev llvm curl openssl sqlite3 strace valgrind procps systemd python3 python3-venv python3-pip
    golang-go default-jdk-headless maven cargo ruby ruby-sentry-ruby chromium zstd brotli"

case ${1-} in
build) wanted=$build ;;
test) wanted=$test ;;
*) echo "usage: $0 build|test" >&2; exit 64 ;;
esac

# A tool that came another way than from Debian (a newer node, a rustup) is as good as the package.
stands_in() {
    case $1 in
    nodejs) command -v node ;;
    npm | cargo | clang | chromium) command -v "$1" ;;
    golang-go) command -v go ;;
    default-jdk-headless) command -v javac ;;
    maven) command -v mvn ;;
    *) return 1 ;;
    esac >/dev/null 2>&1
}

missing=
for package in $wanted; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
        stands_in "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "missing Debian packages:$missing" >&2
if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    as_root=sudo
else
    echo "Install them as root:  apt-get install -y --no-install-recommends$missing" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q >&2
# shellcheck disable=SC2086 # a list of words
$as_root apt-get install -qy --no-install-recommends $missing >&2
