#!/bin/sh
# unit.sh TEST -- one unit test for prove: what it logs is shown when it fails, and it may not hang for ever.
said=$(mktemp)
trap 'rm -f "$said"' EXIT
timeout $((120 * ${QUERN_SLOW:-1})) "$@" 2>"$said"
status=$?
[ $status = 0 ] && exit 0
[ $status = 124 ] && echo "# $1 was ended: it took too long" >&2
tail -60 "$said" | sed 's/^/# /' >&2
exit $status
