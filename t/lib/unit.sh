#!/bin/sh
# unit.sh TEST -- one unit test for prove: it may not hang for ever, and when it fails, what did and what it
# logged is shown.
tap=$(mktemp) said=$(mktemp)
trap 'rm -f "$tap" "$said"' EXIT
timeout $((120 * ${QUERN_SLOW:-1})) "$@" >"$tap" 2>"$said"
status=$?
cat "$tap"
[ $status = 0 ] && exit 0
{
    echo "# $1: status $status"
    [ $status = 124 ] && echo "# it took too long"
    grep -A3 '^not ok' "$tap"
    tail -60 "$said" | sed 's/^/# /'
} >&2
exit $status
