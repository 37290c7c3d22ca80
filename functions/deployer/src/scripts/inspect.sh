# Whether a run can do all it has to: $1 directory, $2 snippet, $3 owner, $4 group, $5 mode of the key, $6 and $7 the
# programs that test and reload, each or nothing, $8 KiB that come. Changes nothing. Says which version is current.
set -eu
who=$(id -un 2>/dev/null || id -u)
for program in cat chgrp chmod chown cmp cp df flock grep id ln ls mkdir mv readlink rm sleep stat tail wc "$6" "$7"; do
    [ -z "$program" ] || command -v "$program" >/dev/null || case $program in
    flock) refuse "flock is not installed there (util-linux and busybox have it)" ;;
    *) refuse "$program is not installed there" ;;
    esac
done
mv --help 2>&1 | grep -q -e -T || refuse "mv there does not know -T (GNU or busybox)"

# The directory that is there, of a path that may not be.
place_of() {
    place=$1
    until [ -e "$place" ]; do
        [ ! -L "$place" ] || refuse "$place is a link to $(readlink "$place"), which is not there"
        place=${place%/*}
        [ -n "$place" ] || place=/
    done
    [ -d "$place" ] || refuse "$place is no directory"
    [ -w "$place" ] && [ -x "$place" ] || refuse "$who may not write in $place"
}
# Room in $1 for $2 KiB; of what is kept for root, root may have it.
room() {
    set -- "$1" "$2" $(df -Pk "$1" 2>/dev/null | tail -n 1)
    case ${4-}${5-}${6-} in '' | *[!0-9]*) return 0 ;; esac
    free=$6
    if [ "$(id -u)" = 0 ]; then free=$(($4 - $5)); fi
    [ "$free" -ge "$2" ] || refuse "there is no room in $1: $free KiB are free"
    set -- "$1" $(stat -f -c '%c %d' "$1" 2>/dev/null || :)
    [ "${2:-0}" = 0 ] || [ "${3:-9}" -ge 9 ] || refuse "there is no room in $1: $3 inodes are free"
}
# A file that is to be kept and replaced.
replaceable() {
    if [ -e "$1" ]; then
        [ ! -d "$1" ] || refuse "$1 is a directory; move it away"
        [ -f "$1" ] || refuse "$1 is no file; move it away"
        [ -r "$1" ] || refuse "$who may not read $1, which has to be kept"
    elif [ -L "$1" ]; then
        refuse "$1 is a link to $(readlink "$1"), which is not there; remove it"
    fi
}

place_of "$1"
room "$place" "$8"
if [ -d "$1" ]; then
    refuse_strange_current "$1"
    for file in fullchain.pem privkey.pem; do
        if [ "$(readlink "$1/$file" || :)" != "current/$file" ]; then replaceable "$1/$file"; fi
    done
    if [ -e "$1/versions" ] || [ -L "$1/versions" ]; then
        [ -d "$1/versions" ] || refuse "$1/versions is no directory; move it away, or choose another deploy_path"
        [ -w "$1/versions" ] && [ -x "$1/versions" ] || refuse "$who may not write in $1/versions"
        # Where Steward was before, whatever else is there was put beside by hand: it is left alone.
        if [ ! -e "$1/.steward-fence" ]; then
            [ ! -L "$1/versions" ] || refuse "$1/versions is a link, which is not Steward's; choose another deploy_path"
            for path in "$1"/versions/* "$1"/versions/.[!.]*; do
                [ -e "$path" ] || [ -L "$path" ] || continue
                ours "${path##*/}" || refuse "$path is not Steward's; move it away, or choose another deploy_path"
            done
        fi
    fi
    if [ -e "$1/.steward-fence" ]; then
        [ -f "$1/.steward-fence" ] && [ -r "$1/.steward-fence" ] && [ -w "$1/.steward-fence" ] ||
            refuse "$who may not write $1/.steward-fence"
    fi
fi
if [ -n "$2" ]; then
    directory=${2%/*}
    [ -d "${directory:-/}" ] || refuse "$directory is not there; make it first, config.snippet_path is a file in it"
    place_of "$directory"
    room "$place" "$8"
    replaceable "$2"
fi

# Whether the owner and the group can be kept or given is tried on a file of its own, where there is a place for one.
if try=$(mktemp 2>/dev/null); then
    trap 'rm -f "$try"' EXIT
    settle "$try" "$1/privkey.pem" "$3" "$4" "$5" 600
    settle "$try" "$1/fullchain.pem" "$3" "$4" "" 644
    if [ -n "$2" ]; then settle "$try" "$2" "" "" "" 644; fi
fi
readlink "$1/current" || echo
