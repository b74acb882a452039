import { command, remarked } from '../../base/command.ts'
import type { ResolvConfOwner } from '../../host/network/resolv-conf-owner.ts'

/** How to change the DNS configuration persistently, for each program that writes resolv.conf. */
export interface Advice {
  addServer: string
  removeOption(option: string): string
  removeSearch(domain: string): string
}

const byHand: Advice = {
  addServer: 'echo "nameserver ADDRESS-OF-YOUR-DNS" >> /etc/resolv.conf',
  removeOption: (option) => command`sed -i -E --follow-symlinks ${`/^options/s/ +${option}\\b//`} /etc/resolv.conf`,
  removeSearch: (domain) =>
    command`sed -i -E --follow-symlinks ${`/^(search|domain)/s/ +${domain.replaceAll('.', '\\.')}(\\s|$)/\\1/`} /etc/resolv.conf`,
}

const resolved: Advice = {
  addServer: 'set DNS=ADDRESS-OF-YOUR-DNS in /etc/systemd/resolved.conf; systemctl restart systemd-resolved',
  removeOption: (option) =>
    remarked('ln -sf /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf', `it does not set ${option}`),
  removeSearch: (domain) =>
    `remove ${domain} from Domains= in /etc/systemd/resolved.conf and from the DHCP options; systemctl restart systemd-resolved`,
}

const networkManager: Advice = {
  addServer: 'nmcli connection modify CONNECTION ipv4.dns ADDRESS-OF-YOUR-DNS && nmcli connection up CONNECTION',
  removeOption: (option) =>
    command`nmcli connection modify CONNECTION -ipv4.dns-options ${option} && nmcli connection up CONNECTION`,
  removeSearch: (domain) =>
    command`nmcli connection modify CONNECTION -ipv4.dns-search ${domain} && nmcli connection up CONNECTION`,
}

/** A program for which the advice only names the configuration file. */
function other(name: string, file: string): Advice {
  return {
    addServer: `add a nameserver in ${file}, and make ${name} write /etc/resolv.conf again`,
    removeOption: (option) => `remove ${option} from ${file}, and make ${name} write /etc/resolv.conf again`,
    removeSearch: (domain) => `remove ${domain} from ${file}, and make ${name} write /etc/resolv.conf again`,
  }
}

export const ADVICE: Record<ResolvConfOwner, Advice> = {
  'systemd-resolved': resolved,
  NetworkManager: networkManager,
  netconfig: other('netconfig', '/etc/sysconfig/network/config'),
  resolvconf: other('resolvconf', '/etc/resolvconf/resolv.conf.d/base'),
  dhclient: other('dhclient', '/etc/dhcp/dhclient.conf'),
  dhcpcd: other('dhcpcd', '/etc/dhcpcd.conf'),
  connman: other('connman', '/etc/connman/main.conf'),
  'cloud-init': other('cloud-init', '/etc/cloud/cloud.cfg'),
  nobody: byHand,
}
