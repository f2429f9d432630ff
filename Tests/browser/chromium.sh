#!/bin/sh
# Starts Chromium ($CHROMIUM) with all features disabled that any argument disables: by itself, it heeds the last argument only.
features=
for argument; do
    shift
    case $argument in
        --disable-features=*) features=$features,${argument#*=} ;;
        *) set -- "$@" "$argument" ;;
    esac
done
exec "$CHROMIUM" "$@" "--disable-features=${features#,}"
