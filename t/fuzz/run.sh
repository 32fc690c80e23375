#!/bin/sh
# run.sh [SECONDS] [TARGET…] -- run the fuzz targets that are built, each for so many seconds, from its
# corpus t/corpus/NOUN. What they find new stays in BUILD/fuzz/found; what breaks them fails the run.
set -eu
seconds=${1:-60}
[ $# -eq 0 ] || shift
build=${BUILD:-build}
here=$(dirname "$0")
failed=

for binary in "$build"/fuzz/*; do
    [ -f "$binary" ] && [ -x "$binary" ] || continue
    target=$(basename "$binary")
    [ $# -eq 0 ] || case " $* " in *" $target "*) ;; *) continue ;; esac
    corpus=$here/../corpus/${target#*-}
    found=$build/fuzz/found/$target
    mkdir -p "$found"
    [ -d "$corpus" ] || corpus=
    echo "# $target, $seconds s"
    "$binary" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$build/fuzz/$target-" "$found" $corpus >"$build/fuzz/$target.log" 2>&1 ||
        failed="$failed $target"
    grep -E 'stat::(number_of_executed_units|average_exec_per_sec|peak_rss_mb)|cov: [0-9]+ .*DONE' \
        "$build/fuzz/$target.log" | sed 's/^/    /' || :
done

[ -z "$failed" ] && exit 0
for target in $failed; do
    echo "FAILED $target, see $build/fuzz/$target.log" >&2
    tail -30 "$build/fuzz/$target.log" >&2
done
exit 1
