#!/bin/sh
# soak.sh -- the tests that gain from time, again and again until it is up: kills at random moments,
# reloads and take-overs under load, full disks, damaged files; in turn with a plain binary and one that
# watches its own memory. Called by `make soak`.
#
#   SOAK_SECONDS=N  how long (3600); what has begun is finished
#   KILL_ROUNDS=N   kills per durability level before the stores are compared with what was sent (100)
set -u
cd "$(dirname "$0")/.."
build=${BUILD:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
san=${build}-san
unset MAKEFLAGS MFLAGS
KILL_ROUNDS=${KILL_ROUNDS:-100} QUERN_TOOLS=$build
export KILL_ROUNDS QUERN_TOOLS
runs=0 failed=0

soak() { # TEST BUILD: if there is time left
    QUERN_BUILD=$2 QUERN_BIN=$2/quern
    case $2 in *-san) QUERN_SLOW=5 ;; *) QUERN_SLOW=1 ;; esac
    export QUERN_BUILD QUERN_BIN QUERN_SLOW
    [ "$(date +%s)" -lt $until ] || return
    echo "== $(($(date +%s) - began)) s: $1, $(basename "$2")"
    runs=$((runs + 1))
    case $1 in
    *.t) prove -Q -It/lib "t/$1" ;;
    *) prove -Q -e 'sh t/lib/unit.sh' "$2/t/$1" ;;
    esac || failed=$((failed + 1))
}

make --no-print-directory -s -j"$(nproc)" BUILD="$san" WEB="$build/web" OPT="-O1 -g" \
    SAN="-fsanitize=address,undefined -fno-sanitize-recover=undefined" all units || exit 1
began=$(date +%s)
until=$((began + ${SOAK_SECONDS:-3600}))
while [ "$(date +%s)" -lt $until ]; do
    for test in 60-reload-load.t writer-kill 70-kill.t 70-kill-spans.t shm-ring-kill shm-index-kill 70-disk.t 70-damage.t; do
        soak $test "$build"
        soak $test "$san"
    done
done
echo "== $runs runs in $(($(date +%s) - began)) s, $failed failed"
[ $failed = 0 ]
