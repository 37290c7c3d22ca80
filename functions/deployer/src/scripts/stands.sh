# $1 directory: what stands there, for a person.
echo "$1/current -> $(readlink "$1/current" || echo nothing); versions: $(ls "$1/versions" 2>/dev/null | tr '\n' ' ')"
