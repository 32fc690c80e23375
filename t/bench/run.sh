#!/bin/sh
# The whole measurement; QUICK=1 leaves out what takes minutes (5 million events).
exec perl "$(dirname "$0")/run.pl" "$@"
