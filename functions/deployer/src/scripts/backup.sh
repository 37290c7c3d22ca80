# $1 directory, $2 version, $3 run, $4 snippet or nothing. Says which version is current, and prints its chain.
set -eu
guard "$1"
cd "$1"
umask 022
if [ -e current ] && [ ! -L current ]; then
    echo "$1/current is there, and is not Steward's; move it away" >&2
    exit 1
fi
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
    if [ -e "$old/privkey.pem" ]; then chmod 600 "$old/privkey.pem"; fi
    ln -sfn "$old" .current.steward-new
    mv -Tf .current.steward-new current
fi
for file in fullchain.pem privkey.pem; do
    if [ "$(readlink "$file" || :)" != "current/$file" ]; then
        ln -sfn "current/$file" ".$file.steward-new"
        mv -Tf ".$file.steward-new" "$file"
    fi
done
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
