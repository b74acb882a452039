/** Who writes resolv.conf, and so where a change must be made to last. */
export interface Owner {
  /** '' for a person. */
  name: string
  addServer: string
  removeOption(option: string): string
  removeSearch(domain: string): string
}

const byHand: Owner = {
  name: '',
  addServer: 'echo "nameserver ADDRESS-OF-YOUR-DNS" >> /etc/resolv.conf',
  removeOption: (option) => `sed -i -E '/^options/s/ +${option}\\b//' /etc/resolv.conf`,
  removeSearch: (domain) =>
    `sed -i -E '/^(search|domain)/s/ +${domain.replaceAll('.', '\\.')}(\\s|$)/\\1/' /etc/resolv.conf`,
}

const resolved: Owner = {
  name: 'systemd-resolved',
  addServer: 'set DNS=ADDRESS-OF-YOUR-DNS in /etc/systemd/resolved.conf; systemctl restart systemd-resolved',
  removeOption: (option) => `ln -sf /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf (it sets no ${option})`,
  removeSearch: (domain) =>
    `take ${domain} out of Domains= in /etc/systemd/resolved.conf and of the DHCP options; systemctl restart systemd-resolved`,
}

const networkManager: Owner = {
  name: 'NetworkManager',
  addServer: 'nmcli connection modify CONNECTION ipv4.dns ADDRESS-OF-YOUR-DNS && nmcli connection up CONNECTION',
  removeOption: (option) =>
    `nmcli connection modify CONNECTION -ipv4.dns-options ${option} && nmcli connection up CONNECTION`,
  removeSearch: (domain) =>
    `nmcli connection modify CONNECTION -ipv4.dns-search ${domain} && nmcli connection up CONNECTION`,
}

/** A program whose configuration file we only name. */
function other(name: string, file: string): Owner {
  return {
    name,
    addServer: `add a nameserver in ${file}, and let ${name} write /etc/resolv.conf again`,
    removeOption: (option) => `take ${option} out of ${file}, and let ${name} write /etc/resolv.conf again`,
    removeSearch: (domain) => `take ${domain} out of ${file}, and let ${name} write /etc/resolv.conf again`,
  }
}

const OWNERS: readonly { link?: RegExp; comment: RegExp; owner: Owner }[] = [
  { link: /systemd\/resolve\//, comment: /systemd-resolved|man:systemd-resolved/, owner: resolved },
  { link: /NetworkManager\//, comment: /NetworkManager/, owner: networkManager },
  { link: /netconfig\//, comment: /netconfig/, owner: other('netconfig', '/etc/sysconfig/network/config') },
  { link: /resolvconf\//, comment: /resolvconf/, owner: other('resolvconf', '/etc/resolvconf/resolv.conf.d/base') },
  { comment: /dhclient/, owner: other('dhclient', '/etc/dhcp/dhclient.conf') },
  { comment: /dhcpcd/, owner: other('dhcpcd', '/etc/dhcpcd.conf') },
  { link: /connman\//, comment: /Connection Manager/, owner: other('connman', '/etc/connman/main.conf') },
  { comment: /cloud-init/, owner: other('cloud-init', '/etc/cloud/cloud.cfg') },
]

export function ownerOf(link: string | undefined, comments: readonly string[]): Owner {
  const byLink = OWNERS.find((entry) => link !== undefined && entry.link?.test(link))
  const byComment = OWNERS.find((entry) => comments.some((comment) => entry.comment.test(comment)))
  return (byLink ?? byComment)?.owner ?? byHand
}
