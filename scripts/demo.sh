#!/usr/bin/env bash
# The staging environment of social_analytics, from nothing to running and back to nothing, on a local AWS.
# `make demo` sets up and runs this. No account and no network are needed; nothing is left behind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ ${1-} != --with-twin ]]; then
  exec scripts/with_twin.sh .twin/demo "${BASH_SOURCE[0]}" --with-twin
fi

system=social_analytics
stack=staging
log=$PWD/.twin/demo/ansible.log
export PATH=$PWD/.venv/bin:$PATH
# The checkout's own settings, whatever the caller has set for other projects.
for name in $(compgen -v ANSIBLE_); do unset "$name"; done
unset PYTHONPATH PYTHONDONTWRITEBYTECODE
export ANSIBLE_CONFIG=$PWD/ansible.cfg
bold='' plain=''
if [[ -t 1 ]]; then
  bold=$'\e[1m' plain=$'\e[0m'
  export ANSIBLE_FORCE_COLOR=1
fi

step=0
# run TITLE PLAYBOOK [ARGUMENT ...]: a heading, the command as one would type it, what it says, how long it took.
run() {
  local title=$1 started=$SECONDS
  shift
  step=$((step + 1))
  printf '\n%s%d. %s%s\n   ansible-playbook %s\n' "$bold" "$step" "$title" "$plain" "$*"
  ansible-playbook "$@" 2>&1 | tee "$log"
  printf '%s   %d s%s\n' "$bold" $((SECONDS - started)) "$plain"
}

on=(-i "inventories/$system" -l "$stack")
printf '%sstackwright.aws: %s %s on %s%s\n' "$bold" "$system" "$stack" "$AWS_ENDPOINT_URL" "$plain"

run 'The plan, on an empty account' playbooks/site.yml "${on[@]}" --check --diff
run 'Converge' playbooks/site.yml "${on[@]}"
run 'Converge again: nothing to do' playbooks/site.yml "${on[@]}"
if ! sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -Eq "^$stack +: .*changed=0 "; then
  echo "demo: the second run should have found nothing to do" >&2
  exit 1
fi
run 'Take it down' playbooks/destroy.yml "${on[@]}" -e confirm=social-analytics-staging -e release_protection=true

printf '\n%sdone in %d s%s\n' "$bold" "$SECONDS" "$plain"
