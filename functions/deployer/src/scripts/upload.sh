# $1 directory, $2 version, $3 chain, $4 bytes of the key, which comes on the standard input; $5 owner, $6 group, $7 mode
# of the key, each or nothing.
set -eu
new=$1/versions/$2
# What is live is not written to.
if [ "$(readlink "$1/current" || :)" = "versions/$2" ]; then exit 0; fi
umask 022
mkdir -p "$new"
key=$new/privkey.pem.$fence.steward-new chain=$new/fullchain.pem.$fence.steward-new
trap 'rm -f "$key" "$chain"' EXIT
umask 077
: >"$key"
chmod 600 "$key"
cat >"$key"
# A connection that broke ends the input early.
[ "$(wc -c <"$key")" -eq "$4" ] || { echo "the key arrived in part" >&2; exit 75; }
umask 022
printf %s "$3" >"$chain"
sync "$key" "$chain" 2>/dev/null || sync
settle "$key" "$1/privkey.pem" "$5" "$6" "$7" 600
settle "$chain" "$1/fullchain.pem" "$5" "$6" "" 644
# Not before the input has ended: that of a dead connection may never do.
guard "$1"
mv -f "$chain" "$new/fullchain.pem"
mv -f "$key" "$new/privkey.pem"
