#!/bin/sh
# check.sh -- every test under prove, cheapest and deepest cause first; then all but the browser once
# more with a binary that watches its own memory (AddressSanitizer, UndefinedBehaviorSanitizer), and what is
# shared with one that watches its threads (ThreadSanitizer). Called by `make check`.
#
#   BUILD=DIR    where quern and the unit tests lie (build)
#   JOBS=N       test files side by side (2)
#   SANITIZE=0   leave the sanitizers out
# What could not run says why; the reasons are listed again at the end.
set -u
cd "$(dirname "$0")/.."
build=${BUILD:-build} jobs=${JOBS:-2}
case $build in /*) ;; *) build=$PWD/$build ;; esac
san=${build}-san tsan=${build}-tsan
QUERN_SKIPS=$build/skips
export QUERN_SKIPS
unset MAKEFLAGS MFLAGS # called by a make with a number of jobs of its own
mkdir -p "$build"
: >"$QUERN_SKIPS"
began=$(date +%s) failed=

round() { # NAME COMMAND…
    name=$1 since=$(date +%s) good=yes
    shift
    echo "== $name"
    "$@" || good=no
    echo "   $(($(date +%s) - since)) s"
    [ $good = yes ] && return
    failed="$failed  $name
"
    return 1
}
under() { # BUILD FILE…: prove with that build's binary
    QUERN_BUILD=$1 QUERN_BIN=$1/quern
    export QUERN_BUILD QUERN_BIN
    shift
    prove -Q -j"$jobs" -It/lib "$@"
}
names() { # BUILD [ROOM]: its unit tests
    for unit in t/unit/${2-}*.c; do echo "$1/t/$(basename "$unit" .c)"; done
}
units() { # BUILD [ROOM]
    prove -Q -j"$jobs" -e 'sh t/lib/unit.sh' $(names "$@")
}
build_with() { # BUILD FLAGS TARGET…
    dir=$1 flags=$2
    shift 2
    make --no-print-directory -s -j"$jobs" BUILD="$dir" WEB="$build/web" OPT="-O1 -g" SAN="$flags" "$@"
}

# A browser on a machine that does much else may miss a moment: what failed is tried once more, alone.
pages() { # BUILD
    rm -f .prove
    (jobs=1; under "$1" --state=save t/9*.t) && return 0
    echo "== the browser, once more: what failed"
    (jobs=1; under "$1" --state=failed)
}

round "00 arrows" under "$build" t/00-*.t
round "units" units "$build"
round "the server" under "$build" t/[1-8]*.t
round "the browser" pages "$build"

if [ "${SANITIZE:-1}" != 0 ]; then
    # All that waits or counts rounds scales by this (t/lib/tap.h, t/lib/Quern.pm).
    QUERN_SLOW=5 QUERN_TOOLS=$build
    export QUERN_SLOW QUERN_TOOLS
    if round "sanitized build" build_with "$san" "-fsanitize=address,undefined -fno-sanitize-recover=undefined" \
        all units; then
        round "units, sanitized" units "$san"
        # What real SDKs send is in the other tests too; their own start-up is most of their time.
        round "the server, sanitized" under "$san" $(ls t/[1-8]*.t | grep -v -e -sdk -e -otel -e -cost)
    fi
    if round "build for threads" build_with "$tsan" -fsanitize=thread $(names "$tsan" shm-); then
        round "shared memory, ThreadSanitizer" units "$tsan" shm-
    fi
fi

if [ -s "$QUERN_SKIPS" ]; then
    echo "== skipped"
    sort -u "$QUERN_SKIPS" | sed "s|^$PWD/||; s|^|  |"
fi
if [ -n "$failed" ]; then
    echo "== FAILED"
    printf '%s' "$failed"
fi
echo "== $(($(date +%s) - began)) s in all"
[ -z "$failed" ]
