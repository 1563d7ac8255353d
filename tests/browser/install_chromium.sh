#!/bin/sh
# Installs Debian's Chromium for the browser tests where it is missing and no password is needed.
# Never fails: without Chromium the browser tests fail themselves and name the package.
for name in chromium chromium-browser google-chrome; do
  command -v "$name" > /dev/null 2>&1 && exit 0
done
[ -n "${INCENTIVES_CHROMIUM:-}" ] && exit 0
command -v apt-get > /dev/null 2>&1 || { echo "Chromium is missing; install it, or name it in INCENTIVES_CHROMIUM."; exit 0; }
if [ "$(id -u)" = 0 ]; then
  as_root=""
elif sudo -n true 2> /dev/null; then
  as_root="sudo -n"
else
  echo "Chromium is missing; the browser tests need it: sudo apt-get install chromium"
  exit 0
fi
echo "Installing Chromium for the browser tests ..."
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq > /dev/null &&
  $as_root apt-get install -y -qq --no-install-recommends chromium > /dev/null ||
  echo "Chromium could not be installed; the browser tests need it: apt-get install chromium"
exit 0
