#!/bin/sh
# Make noble.js anew from the pinned packages; `build.sh --check` only compares.
# Needs node and npm with access to the npm registry. No lock file: it would record hosts;
# the three versions in package.json are exact and none of them has dependencies at run time.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/package.json" "$here/entry.js" "$work/"
cd "$work"
npm install --no-package-lock --no-audit --no-fund --silent
node_modules/.bin/esbuild entry.js --bundle --minify --format=esm --target=es2020 \
    --legal-comments=none --charset=ascii \
    --banner:js='/*! MIT, Paul Miller: LICENSE-noble.txt */' \
    --outfile=noble.js --log-level=warning
{
    for package in ed25519 hashes; do
        echo "@noble/$package"
        echo
        cat "node_modules/@noble/$package/LICENSE"
        echo
    done
} > LICENSE-noble.txt
for made in noble.js LICENSE-noble.txt; do
    if [ "${1:-}" = --check ]; then
        cmp "$made" "$here/$made"
    else
        cp "$made" "$here/$made"
    fi
done
