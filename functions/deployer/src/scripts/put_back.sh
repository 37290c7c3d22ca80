# $1 directory, $2 version, $3 the version before or nothing, $4 snippet or nothing.
set -eu
guard "$1"
cd "$1"
refuse_strange_current "$1"
if [ -n "$4" ]; then
    beside=${4%/*}/.${4##*/}.steward-new
    if [ -e "versions/$2/snippet.before" ]; then
        cp -p "versions/$2/snippet.before" "$beside"
        if cmp -s "$beside" "$4"; then rm -f "$beside"; else mv -f "$beside" "$4"; fi
    elif [ -e "versions/$2/snippet.absent" ]; then
        rm -f "$4" "$beside"
    fi
fi
if [ -n "$3" ]; then
    [ -d "versions/$3" ] || { echo "$1/versions/$3 is gone" >&2; exit 1; }
    if [ "$(readlink current || :)" != "versions/$3" ]; then
        ln -sfn "versions/$3" .current.steward-new
        mv -Tf .current.steward-new current
    fi
else
    # There were no files: names that lead nowhere would be no better than none.
    rm -f current
    for file in fullchain.pem privkey.pem; do
        if [ "$(readlink "$file" || :)" = "current/$file" ]; then rm -f "$file"; fi
    done
fi
