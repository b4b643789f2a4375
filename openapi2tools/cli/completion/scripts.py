"""What a shell has to be told so that it asks this program what to complete."""

from __future__ import annotations

from typing import Final

_BASH: Final = r"""
_openapi2tools() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        [ -n "$line" ] && COMPREPLY+=("$line")
    done < <("${COMP_WORDS[0]}" --complete bash "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    if [ "${#COMPREPLY[@]}" -eq 1 ]; then
        case "${COMPREPLY[0]}" in *=|*@|*/) compopt -o nospace ;; esac
    fi
}
complete -F _openapi2tools openapi2tools
"""
_ZSH: Final = r"""
#compdef openapi2tools
_openapi2tools() {
    local line value
    local -a spaced shown joined joined_shown
    for line in "${(@f)$("${words[1]}" --complete zsh "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
        [[ -z $line ]] && continue
        value=${line%%$'\t'*}
        if [[ $value == *[=@/] ]]; then
            joined+=("$value"); joined_shown+=("${line/$'\t'/  -- }")
        else
            spaced+=("$value"); shown+=("${line/$'\t'/  -- }")
        fi
    done
    (( $#spaced )) && compadd -l -d shown -a spaced
    (( $#joined )) && compadd -l -S '' -d joined_shown -a joined
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _openapi2tools "$@"
else
    compdef _openapi2tools openapi2tools
fi
"""
_FISH: Final = r"""
function __openapi2tools_words
    set -l words (commandline -opc)
    openapi2tools --complete fish $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c openapi2tools -f -a '(__openapi2tools_words)'
"""
SCRIPTS: Final = {"bash": _BASH.lstrip(), "zsh": _ZSH.lstrip(), "fish": _FISH.lstrip()}
"""The script of each shell."""
