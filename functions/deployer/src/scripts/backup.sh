# $1 directory, $2 version, $3 run, $4 snippet or nothing. Says which version is current, and prints its chain.
set -eu
guard "$1"
cd "$1"
umask 022
refuse_strange_current "$1"
# Files of somebody else become a version, and their names links to it: what the names hold stays as it is.
theirs=
for file in fullchain.pem privkey.pem; do
    if [ -e "$file" ] && [ "$(readlink "$file" || :)" != "current/$file" ]; then theirs=yes; fi
done
if [ -n "$theirs" ]; then
    old=versions/before-$3
    mkdir -p "$old"
    for file in fullchain.pem privkey.pem; do
        if [ -e "$file" ]; then
            cp -pL "$file" "$old/$file.steward-new"
            mv -f "$old/$file.steward-new" "$old/$file"
        fi
    done
    ln -sfn "$old" .current.steward-new
    mv -Tf .current.steward-new current
fi
link_names
if [ -n "$4" ]; then
    if [ -e "$4" ]; then
        cp -pL "$4" "versions/$2/snippet.before.steward-new"
        mv -f "versions/$2/snippet.before.steward-new" "versions/$2/snippet.before"
    else
        : >"versions/$2/snippet.absent"
    fi
fi
readlink current || echo
cat current/fullchain.pem 2>/dev/null || :
