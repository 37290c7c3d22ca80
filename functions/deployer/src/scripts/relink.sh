# $1 directory, $2 version: makes it current again.
set -eu
guard "$1"
cd "$1"
refuse_strange_current "$1"
ln -sfn "versions/$2" .current.steward-new
mv -Tf .current.steward-new current
link_names
