import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { waitFor } from '../wait-for.ts'
import { exec, execOk, type Node } from './machine.ts'
import { copyIn, putFile } from './nodes.ts'
import { must } from './run.ts'
import { unpackPackage } from './unpack-package.ts'

export interface KeyPair {
  /** The path of the private key. */
  file: string
  /** One line. */
  publicKey: string
}

/** A key of Ed25519 in a file on this machine. */
export async function sshKey(directory: string, name: string, passphrase = ''): Promise<KeyPair> {
  const file = join(directory, name)
  await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', passphrase, '-C', name, '-f', file])
  return { file, publicKey: (await must(['ssh-keygen', '-y', '-P', passphrase, '-f', file])).trim() }
}

/** Unpacks Debian's sshd and sudo in a node. Their packages are not installed, so what their scripts do is done here. */
export async function addSshServer(node: Node): Promise<void> {
  for (const name of ['openssh-server', 'sudo']) await unpackPackage(node, name)
  await execOk(node, ['useradd', '--system', '--no-create-home', '--home-dir', '/run/sshd', 'sshd'])
}

/** A user who can sign in with these keys. Without `sudoers`, sudo refuses the user. */
export async function addUser(
  node: Node,
  { name, keys, password, sudoers }: { name: string; keys: readonly KeyPair[]; password?: string; sudoers?: string },
): Promise<void> {
  if (name !== 'root') await execOk(node, ['useradd', '--create-home', '--shell', '/bin/bash', '--password', '*', name])
  if (password !== undefined) await execOk(node, ['chpasswd'], { stdin: `${name}:${password}\n` })
  const home = name === 'root' ? '/root' : `/home/${name}`
  const lines = keys.map(({ publicKey }) => `${publicKey}\n`).join('')
  await writeAs(node, name, '600', `${home}/.ssh/authorized_keys`, lines)
  if (sudoers !== undefined) await writeAs(node, 'root', '440', `/etc/sudoers.d/${name}`, `${name} ${sudoers}\n`)
}

async function writeAs(node: Node, owner: string, mode: string, target: string, text: string): Promise<void> {
  const script = 'install -D -m "$2" -o "$1" /dev/null "$3" && cat >"$3"'
  await execOk(node, ['bash', '-euc', script, 'bash', owner, mode, target], { stdin: text })
}

export interface ServerOptions {
  ports: readonly number[]
  hostKey: KeyPair
  /** More lines of sshd_config. */
  settings?: readonly string[]
}

/** Starts an sshd of its own in a node. Returns its lines for known_hosts. */
export async function startSshd(node: Node, { ports, hostKey, settings = [] }: ServerOptions): Promise<string> {
  const [first = 22] = ports
  const key = `/etc/ssh/host-key-${first}`
  await copyIn(node, hostKey.file, key)
  const lines = [
    ...ports.map((port) => `Port ${port}`),
    ...[`HostKey ${key}`, 'PasswordAuthentication no', 'UsePAM no', 'PermitRootLogin prohibit-password'],
    ...settings,
  ]
  await putFile(node, `/etc/ssh/sshd-${first}.conf`, `${lines.join('\n')}\n`)
  await execOk(node, ['mkdir', '--parents', '--mode=755', '/run/sshd'])
  const serve = ['/usr/sbin/sshd', '-D', '-e', '-f', `/etc/ssh/sshd-${first}.conf`]
  await execOk(node, ['systemd-run', '--quiet', `--unit=sshd-${first}`, ...serve])
  const answers = async () => (await exec(node, ['bash', '-c', `</dev/tcp/127.0.0.1/${first}`])).code === 0 || undefined
  await waitFor(`sshd of ${node.name}`, answers)
  return ports.map((port) => knownHost(node.address, port, hostKey)).join('')
}

/** A line of known_hosts. */
export const knownHost = (address: string, port: number, { publicKey }: KeyPair): string =>
  `${port === 22 ? address : `[${address}]:${port}`} ${publicKey}\n`

/** An ssh-agent with a key that has a passphrase. */
export async function loadIntoAgent(socket: string, key: KeyPair, passphrase: string): Promise<void> {
  const askpass = `${socket}.askpass`
  await writeFile(askpass, `#!/bin/sh\necho '${passphrase}'\n`, { mode: 0o700 })
  const env = {
    PATH: process.env.PATH ?? '',
    SSH_AUTH_SOCK: socket,
    SSH_ASKPASS: askpass,
    SSH_ASKPASS_REQUIRE: 'force',
  }
  await must(['ssh-add', '-q', key.file], { env })
}
