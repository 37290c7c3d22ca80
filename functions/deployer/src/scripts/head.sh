# Where programs of administrators are, which a login without a terminal may not have in its path.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C
export PATH LC_ALL
# A script outlives its connection. It takes its turn in the directory, until it ends.
lock() {
    command -v flock >/dev/null || { echo "flock is not installed there (util-linux and busybox have it)" >&2; exit 1; }
    exec 9>>"$1/.steward-fence"
    turn=0
    until flock -n 9; do
        turn=$((turn + 1))
        [ $turn -le 100 ] || { echo "an earlier script is still at work in $1" >&2; exit 75; }
        sleep 0.1
    done
}
# Ends one whose connection was followed by another: what it was to do was done again, or taken back.
guard() {
    lock "$1"
    [ "$(cat "$1/.steward-fence")" = "$fence" ] || { echo "a later connection is at work in $1" >&2; exit 75; }
}
