# $1 directory, $2 version, $3 snippet or nothing, $4 bytes of the snippet, which comes on the standard input.
set -eu
cd "$1"
umask 022
if [ -n "$3" ]; then
    # A name with a dot in front: a server that includes everything in a directory does not see it.
    beside=${3%/*}/.${3##*/}.$fence.steward-new
    trap 'rm -f "$beside"' EXIT
    cat >"$beside"
    [ "$(wc -c <"$beside")" -eq "$4" ] || { echo "the snippet arrived in part" >&2; exit 75; }
    settle "$beside" "$3" "" "" "" 644
fi
guard "$1"
refuse_strange_current "$1"
if [ "$(readlink current || :)" != "versions/$2" ]; then
    ln -sfn "versions/$2" .current.steward-new
    [ -s "versions/$2/fullchain.pem" ] && [ -s "versions/$2/privkey.pem" ] || { echo "versions/$2 is gone" >&2; exit 1; }
    mv -Tf .current.steward-new current
fi
if [ -n "$3" ] && ! cmp -s "$beside" "$3"; then mv -f "$beside" "$3"; fi
