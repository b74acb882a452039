/**
 * POSIX shell: names the machine after its serial number, else its UUID, else its machine-id. It reads each from its file below
 * /sys, so no program is needed. The values that vendors leave in, such as `To be filled by O.E.M.`, are the same on many machines.
 */
export const NAME_FROM_SERIAL = String.raw`#!/bin/sh
usable() { # VALUE; prints it as a name of RFC 1123
  name=$(printf %s "$1" | tr 'A-Z' 'a-z' | tr -c 'a-z0-9' '-' | tr -s '-' | cut -c 1-58)
  name=${'${'}name#-} name=${'${'}name%-}
  case $name in
  '' | none | n-a | na | unknown | default | default-string | not-* | to-be-filled-* | *-serial-number | serial-number) return 1 ;;
  *[!0-]*) printf %s "$name" ;;
  *) return 1 ;;
  esac
}
for file in /sys/class/dmi/id/product_serial /sys/class/dmi/id/product_uuid /etc/machine-id; do
  name=$(usable "$(head -c 200 "$file" 2>/dev/null | tr -d '\0')") && break
done
[ -n "$name" ] || exit 1
case $name in *[!0-9]*) ;; *) name=node-$name ;; esac
printf '%s\n' "$name" >/etc/hostname
printf %s "$name" >/proc/sys/kernel/hostname
grep -q -w -- "$name" /etc/hosts 2>/dev/null || printf '127.0.1.1 %s\n' "$name" >>/etc/hosts
`
