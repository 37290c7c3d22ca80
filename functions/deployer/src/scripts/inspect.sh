# $1 directory, $2 snippet or nothing: whether files can be put there. Changes nothing.
set -eu
for place in "$1" ${2:+"${2%/*}"}; do
    while [ ! -e "$place" ]; do place=${place%/*}; [ -n "$place" ] || place=/; done
    [ -d "$place" ] || { echo "$place is no directory" >&2; exit 1; }
    [ -w "$place" ] || { echo "$(id -un) may not write in $place" >&2; exit 1; }
done
if [ -e "$1/current" ] && [ ! -L "$1/current" ]; then echo "$1/current is there, and is not Steward's" >&2; exit 1; fi
mv --help 2>&1 | grep -q -e -T || { echo "mv there does not know -T (GNU or busybox)" >&2; exit 1; }
command -v flock >/dev/null || { echo "flock is not installed there (util-linux and busybox have it)" >&2; exit 1; }
readlink "$1/current" || echo
