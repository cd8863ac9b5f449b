#!/usr/bin/env bash
# Build the reference of every module, role and plugin from their own documentation: docs/_build/html/index.html
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$PWD/.cache/docs
site=$PWD/docs/_build/html
for name in $(compgen -v ANSIBLE_); do unset "$name"; done

.venv/bin/python scripts/tree.py "$work" >/dev/null
export ANSIBLE_COLLECTIONS_PATH=$work PATH=$PWD/.venv/bin:$PATH
rm -rf "$work/rst" "$site"
install -d -m 700 "$work/rst"
antsibull-docs collection --use-current --squash-hierarchy --fail-on-error --dest-dir "$work/rst" stackwright.aws
# No configuration file and no inventories of other sites: the reference builds without a network, and labels of
# Ansible's own documentation stay plain words.
sphinx-build --quiet --isolated --jobs auto \
  --define extensions=sphinx_antsibull_ext \
  --define project=stackwright.aws \
  --define html_title=stackwright.aws \
  --define html_theme=sphinx_ansible_theme \
  --define html_show_sphinx=0 \
  --define html_copy_source=0 \
  --define pygments_style=ansible \
  --define default_role=any \
  --define suppress_warnings=ref.ref,ref.any \
  "$work/rst" "$site"
echo "docs: $site/index.html"
