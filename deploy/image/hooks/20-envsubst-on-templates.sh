#!/bin/sh
# Makes configuration files of templates: ${NAME} is replaced where the environment has NAME, everything else (nginx's own
# $variables above all) stays.
#
#   NGINX_ENVSUBST_TEMPLATE_DIR            /etc/nginx/templates
#   NGINX_ENVSUBST_TEMPLATE_SUFFIX         .template
#   NGINX_ENVSUBST_OUTPUT_DIR              /etc/nginx/conf.d
#   NGINX_ENVSUBST_FILTER                  only names that match this regular expression (all)
#   NGINX_ENVSUBST_STREAM_TEMPLATE_SUFFIX  .stream-template
#   NGINX_ENVSUBST_STREAM_OUTPUT_DIR       /etc/nginx/stream-conf.d, included in a stream block that is added if missing
set -e

say() {
    [ -n "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ] || echo "20-envsubst-on-templates.sh: $*"
}

templates=${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
suffix=${NGINX_ENVSUBST_TEMPLATE_SUFFIX:-.template}
output=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}
stream_suffix=${NGINX_ENVSUBST_STREAM_TEMPLATE_SUFFIX:-.stream-template}
stream_output=${NGINX_ENVSUBST_STREAM_OUTPUT_DIR:-/etc/nginx/stream-conf.d}

# The list of names for envsubst: `${A} ${B} ...`. Without it envsubst would empty every $variable of nginx.
names_to_replace() {
    awk 'BEGIN {
        filter = ENVIRON["NGINX_ENVSUBST_FILTER"]
        for (name in ENVIRON) if (name ~ /^[A-Za-z_][A-Za-z0-9_]*$/ && name ~ filter) printf "${%s} ", name
    }'
}

# make_files SUFFIX OUTPUT: every template with SUFFIX, sub-directories kept.
make_files() {
    find "$templates" -follow -type f -name "*$1" | sort | while IFS= read -r template; do
        relative=${template#"$templates"/}
        target=$2/${relative%"$1"}
        mkdir -p "$(dirname "$target")"
        say "making $target of $template"
        envsubst "$names" <"$template" >"$target"
    done
}

has_templates() {
    [ -n "$(find "$templates" -follow -type f -name "*$1" -print)" ]
}

require_writable() {
    mkdir -p "$1" 2>/dev/null || true
    [ -w "$1" ] && return
    say "ERROR: there are templates in $templates, but $1 is not writable"
    return 1
}

add_stream_block() {
    main=/etc/nginx/nginx.conf
    if grep -qE '^[[:space:]]*stream[[:space:]]*\{' "$main"; then
        say "$main has a stream block; it has to include $stream_output/*.conf"
    elif [ ! -w "$main" ]; then
        say "ERROR: $main is read-only and has no stream block for $stream_output"
        return 1
    else
        printf '\n# added by 20-envsubst-on-templates.sh\nstream {\n    include %s/*.conf;\n}\n' "$stream_output" >>"$main"
    fi
}

[ -d "$templates" ] || exit 0
names=$(names_to_replace)
if has_templates "$suffix"; then
    require_writable "$output"
    make_files "$suffix" "$output"
fi
if has_templates "$stream_suffix"; then
    require_writable "$stream_output"
    make_files "$stream_suffix" "$stream_output"
    add_stream_block
fi
