#!/bin/sh
# soak.sh -- the tests that gain from time: kills by the thousand, reloads under load again and again,
# with a plain and with a sanitized binary. Called by `make soak`.
#
#   SOAK_ROUNDS=N  kills per durability level and binary (2000)
set -u
cd "$(dirname "$0")/.."
build=${BUILD:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
rounds=${SOAK_ROUNDS:-2000}
status=0

soak() { # BUILD ROUNDS
    QUERN_BUILD=$1 QUERN_BIN=$1/quern KILL_ROUNDS=$2
    export QUERN_BUILD QUERN_BIN KILL_ROUNDS
    prove -v -It/lib t/70-*.t || status=1
    for again in 1 2 3 4 5; do
        echo "# reloads under load, $again of 5"
        prove -It/lib t/60-reload-load.t || status=1
    done
}

soak "$build" "$rounds"
make --no-print-directory -s -j"$(nproc)" BUILD="${build}-san" OPT="-O1 -g" \
    SAN="-fsanitize=address,undefined -fno-sanitize-recover=undefined" all tools || exit 1
soak "${build}-san" $((rounds / 4))
exit $status
