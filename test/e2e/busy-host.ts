import { execOk, type Node } from '../support/testbed/machine.ts'

const CONTROL =
  'Package: site-tool\nVersion: 1\nArchitecture: all\nMaintainer: test <test@example.org>\nDescription: a package\n'

/** Ordinary changes on a machine while it is a node: a package, a user account, a DHCP lease, log rotation, a session. */
export async function busyHost(node: Node): Promise<void> {
  const put = (path: string, text: string) => execOk(node, ['dd', 'status=none', `of=${path}`], { stdin: text })
  await execOk(node, ['mkdir', '-p', '/root/package/DEBIAN', '/root/package/etc', '/root/package/usr/lib/site-tool'])
  await put('/root/package/DEBIAN/control', CONTROL)
  await put('/root/package/etc/site-tool.conf', 'from a package\n')
  await put('/root/package/usr/lib/site-tool/file', 'x\n')
  await execOk(node, ['dpkg-deb', '--build', '/root/package', '/root/package.deb'])
  await execOk(node, ['dpkg', '-i', '/root/package.deb'])
  await execOk(node, ['rm', '-r', '/root/package', '/root/package.deb'])
  await execOk(node, ['useradd', '--create-home', 'bob'])
  // As a DHCP client does at a renewal. The name servers stay the same.
  const resolvers = await execOk(node, ['cat', '/etc/resolv.conf'])
  await put('/etc/resolv.conf', `# renewed\n${resolvers}`)
  await put('/var/log/site.log.1', 'rotated\n')
  await execOk(node, ['mkdir', '-p', '/run/user/1000'])
  await execOk(node, ['systemctl', 'start', 'systemd-tmpfiles-clean.service'])
  await execOk(node, ['sysctl', '-qw', 'kernel.domainname=site'])
  // A file that a user edits while the agent is idle.
  await execOk(node, ['sleep', '5'])
  await put('/etc/site.conf', 'by hand\n')
}
