# $1 directory, $2 version: whether it is what the two names hold. Prints its chain.
set -eu
to=$(readlink "$1/current" || echo nothing)
[ "$to" = "versions/$2" ] || refuse "$1/current leads to $to, not to the new version versions/$2"
for file in fullchain.pem privkey.pem; do
    cmp -s "$1/$file" "$1/versions/$2/$file" || refuse "$1/$file is not the file of the new version"
done
cat "$1/fullchain.pem"
