# The operating system on the first line, then the version of what serves sites: $1 nginx, apache or anything.
(. /etc/os-release 2>/dev/null && echo "${PRETTY_NAME:-}") || uname -sr
nginx() { command -v nginx >/dev/null && command nginx -v 2>&1 | sed 's,^nginx version: ,,'; }
apache() {
    for program in apache2 httpd apachectl; do
        if command -v "$program" >/dev/null; then "$program" -v 2>/dev/null | sed -n 's,^Server version: ,,p'; return; fi
    done
}
case $1 in
nginx) nginx ;;
apache | apache2 | httpd) apache ;;
*) nginx; apache ;;
esac | head -n 1
