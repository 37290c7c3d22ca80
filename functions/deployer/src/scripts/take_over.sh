# $1 directory, $2 fence: no script of an earlier connection changes anything in the directory from here on.
set -eu
umask 022
mkdir -p "$1"
umask 077
lock "$1"
printf %s "$2" >"$1/.steward-fence"
