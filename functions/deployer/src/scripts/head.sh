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
refuse() {
    echo "$*" >&2
    exit 1
}
# Whether a version's name is of Steward's form: RUN-FINGERPRINT, or before-RUN.
ours() {
    run=${1#before-}
    if [ "$run" = "$1" ]; then
        run=${1%%-*}
        case ${1#*-} in *[!0-9a-f]*) return 1 ;; ????????????) ;; *) return 1 ;; esac
    fi
    case $run in '' | *[!0-9]*) return 1 ;; esac
}
# Refuses a link $1/current that is not Steward's.
refuse_strange_current() {
    if [ -L "$1/current" ]; then
        to=$(readlink "$1/current")
        case $to in versions/*) if ours "${to#versions/}"; then return; fi ;; esac
        refuse "$1/current is a link to $to, which is not Steward's; move it away, or choose another deploy_path"
    fi
    [ ! -e "$1/current" ] || refuse "$1/current is not Steward's; move it away, or choose another deploy_path"
}
# Gives the new file $1 the owner, the group and the mode that are said ($3, $4, $5), or else those of the file $2 that it
# replaces, or else the mode $6. If the login may not keep the owner root, or a group that has no read right, the script
# goes on: root reads every file, and that group could not read this one before.
settle() {
    owner=$3 group=$4 mode=$5
    if [ -e "$2" ]; then
        owner=${owner:-$(stat -Lc %u "$2")} group=${group:-$(stat -Lc %g "$2")}
        kept=000$(stat -Lc %a "$2")
        mode=${mode:-${kept#"${kept%???}"}}
    fi
    mode=${mode:-$6}
    if [ -n "$owner" ] && ! chown "$owner" "$1" 2>/dev/null && [ "$owner" != 0 ]; then
        refuse "$(id -un) may not give $2 to the user $owner; log in as root, or set config.owner"
    fi
    if [ -n "$group" ] && ! chgrp "$group" "$1" 2>/dev/null; then
        case $4/$mode in /?[0-3]?) ;; *)
            refuse "$(id -un) may not give $2 to the group $group; log in as root, or set config.group" ;;
        esac
    fi
    chmod "$mode" "$1"
}
# In a directory: what the two names hold is what the current version holds.
link_names() {
    for file in fullchain.pem privkey.pem; do
        if [ "$(readlink "$file" || :)" != "current/$file" ]; then
            ln -sfn "current/$file" ".$file.steward-new"
            mv -Tf ".$file.steward-new" "$file"
        fi
    done
}
