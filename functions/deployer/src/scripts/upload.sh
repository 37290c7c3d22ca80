# $1 directory, $2 version, $3 chain, $4 bytes of the key; the key comes on the standard input.
set -eu
new=$1/versions/$2
# What is live is not written to.
if [ "$(readlink "$1/current" || :)" = "versions/$2" ]; then exit 0; fi
umask 022
mkdir -p "$new"
umask 077
rm -f "$new/privkey.pem.steward-new"
: >"$new/privkey.pem.steward-new"
chmod 600 "$new/privkey.pem.steward-new"
cat >"$new/privkey.pem.steward-new"
# A connection that broke ends the input early.
[ "$(wc -c <"$new/privkey.pem.steward-new")" -eq "$4" ] || { echo "the key arrived in part" >&2; exit 75; }
umask 022
printf %s "$3" >"$new/fullchain.pem.steward-new"
sync "$new/privkey.pem.steward-new" "$new/fullchain.pem.steward-new" 2>/dev/null || sync
mv -f "$new/fullchain.pem.steward-new" "$new/fullchain.pem"
mv -f "$new/privkey.pem.steward-new" "$new/privkey.pem"
