#!/bin/sh
# screenshots.sh -- docs/screenshots: every view of the interface, light and dark, of a server filled with
# the made-up shop of t/web/world.mjs.
set -eu
cd "$(dirname "$0")/.."
mkdir -p docs/screenshots
QUERN_BIN=${QUERN_BIN:-${BUILD:-build}/quern} OUT=$PWD/docs/screenshots exec perl -It/lib -MQuern -MWeb \
    -e 'browse(Quern->start, "screenshots"); finish()'
