# $1 directory, then the versions to keep: removes the others, and what was left beside.
set -eu
guard "$1"
cd "$1"
shift
rm -f versions/*/*.steward-new .current.steward-new .fullchain.pem.steward-new .privkey.pem.steward-new
for version in $(ls versions); do
    for kept; do
        if [ "$version" = "$kept" ]; then continue 2; fi
    done
    # The current one in any case: somebody may have put it back by hand.
    if [ "$(readlink current || :)" = "versions/$version" ]; then continue; fi
    rm -rf "versions/$version"
done
for kept; do rm -f "versions/$kept/snippet.before" "versions/$kept/snippet.absent"; done
