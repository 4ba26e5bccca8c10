# Sourced by the services: `required NAME…` ends the script unless each variable has a value.
required() {
    local name
    for name in "$@"; do
        if [ -z "${!name:-}" ]; then
            echo "$(basename "$0"): $name is missing or empty; docker/.env.example explains it" >&2
            exit 2
        fi
    done
}
