# $1 directory, then the versions to keep: removes the others of Steward's, and what was left beside.
set -eu
guard "$1"
cd "$1"
shift
rm -f .current.steward-new .fullchain.pem.steward-new .privkey.pem.steward-new
for path in versions/*; do
    version=${path#versions/}
    if [ ! -d "$path" ] || [ -L "$path" ] || ! ours "$version"; then continue; fi
    rm -f "$path"/*.steward-new
    for kept; do
        if [ "$version" = "$kept" ]; then continue 2; fi
    done
    # The current one in any case: somebody may have put it back by hand.
    if [ "$(readlink current || :)" = "$path" ]; then continue; fi
    rm -rf "$path"
done
for kept; do
    if [ -n "$kept" ]; then rm -f "versions/$kept/snippet.before" "versions/$kept/snippet.absent"; fi
done
