#!/bin/sh
# check.sh -- every test under prove, cheapest and deepest cause first; then a second round with a binary
# that watches its own memory (AddressSanitizer, UndefinedBehaviorSanitizer). Called by `make check`.
#
#   BUILD=DIR    where quern and the unit tests lie (build)
#   JOBS=N       test files side by side (2)
#   SANITIZE=0   leave the second round out
# What could not run says why; the reasons are listed again at the end.
set -u
cd "$(dirname "$0")/.."
build=${BUILD:-build} jobs=${JOBS:-2}
case $build in /*) ;; *) build=$PWD/$build ;; esac
QUERN_SKIPS=$build/skips
export QUERN_SKIPS
mkdir -p "$build"
: >"$QUERN_SKIPS"
status=0
rm -f .prove

built=yes
round() {
    name=$1
    shift
    echo "== $name"
    "$@" && return
    status=1 built=no failed="${failed-}  $name
"
}
under() { # BUILD FILE...: prove with that build's binary
    QUERN_BUILD=$1 QUERN_BIN=$1/quern
    export QUERN_BUILD QUERN_BIN
    shift
    prove -Q -j"$jobs" -It/lib "$@"
}
units() { # BUILD [NOT]: its unit tests, but for those that match NOT; none may hang for ever
    prove -Q -j"$jobs" -e 'timeout 240' $(for unit in t/unit/*.c; do echo "$1/t/$(basename "$unit" .c)"; done |
        grep -v -e "${2:-^$}")
}

# A browser on a machine that does much else may miss a moment: what failed is tried once more, alone.
pages() { # BUILD
    (jobs=1; under "$1" --state=save t/9*.t) && return 0
    echo "== the browser, once more: what failed"
    (jobs=1; under "$1" --state=failed)
}

round "00 arrows" under "$build" t/00-*.t
round "units" units "$build"
round "the server" under "$build" t/[1-8]*.t
round "the browser" pages "$build"

if [ "${SANITIZE:-1}" != 0 ]; then
    san=${build}-san built=yes
    round "sanitized build" make --no-print-directory -s -j"$jobs" BUILD="$san" OPT="-O1 -g" \
        SAN="-fsanitize=address,undefined -fno-sanitize-recover=undefined" all units
    if [ $built = yes ]; then
        # Kill tests and real SDKs have no more to tell here, but take their time.
        # So have the unit tests that kill and fill: their writers are too slow to keep up with them here.
        round "units, sanitized" units "$san" '/t/writer-'
        if [ "${SANITIZE:-}" = all ]; then # slow; not within every check yet
            round "the server, sanitized" under "$san" $(ls t/[2-6]*.t | grep -v -e -load -e -sdk)
        fi
    fi
fi

if [ -s "$QUERN_SKIPS" ]; then
    echo "== skipped"
    sort -u "$QUERN_SKIPS" | sed "s|^$PWD/||; s|^|  |"
fi
if [ $status != 0 ]; then
    echo "== FAILED"
    printf '%s' "$failed"
fi
exit $status
