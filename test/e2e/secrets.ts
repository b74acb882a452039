import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decryptKey } from '../../src/pki/decrypt-key.ts'
import { keyToPem } from '../../src/pki/key.ts'
import { kubectl, type Site } from '../support/site/site.ts'
import { exec, execOk, type Node } from '../support/testbed/machine.ts'
import type { ProcessWatch } from '../support/testbed/watch-processes.ts'
import { AGENT_PASSWORD } from './closed-site.ts'
import type { Scene } from './shape.ts'

/** By what they are. A value may have several forms. */
type Secrets = Map<string, readonly string[]>

/**
 * Fails if a secret of a provisioned cluster is in the arguments or the environment of any process that ran meanwhile, in a
 * journal, a log, a support bundle, the database, or a file where it does not belong.
 */
export async function noSecretAnywhere(scene: Scene, master: Node, watch: ProcessWatch): Promise<void> {
  watch.stop()
  const site = scene.site()
  const nodes = scene.nodes()
  const tokens = await joinTokens(master)
  const installer = installerSecrets(site, scene.cluster)
  const all: Secrets = new Map([
    ...tokens,
    ...installer,
    ...(await keysOf(site, nodes)),
    ['proxy password', proxyForms()],
  ])

  // Each place has something that is known to be there: the scan sees what it looks at.
  const found: string[] = []
  const noneIn = (place: string, text: string, known: string, secrets = all) => {
    assert(text.includes(known), `${place} contains ${known}`)
    for (const [what, forms] of secrets)
      if (forms.some((form) => text.includes(form))) found.push(`${what} in ${place}`)
  }
  noneIn('a process', [...watch.texts()].join('\n'), '/usr/local/bin/kubeadm')
  noneIn("the controller's log", site.controllerLog(), 'listening')
  noneIn('the database', databaseOf(site), scene.cluster)
  const backup = await backupOf(site)
  noneIn(
    'a backup',
    backup.content,
    'cantrip-backup',
    new Map([...all, ["the backup's passphrase", [backup.passphrase]]]),
  )
  for (const node of nodes) {
    const at = (what: string) => `${what} of ${node.name}`
    noneIn(at('the journal'), await execOk(node, ['journalctl', '--no-pager', '-o', 'cat']), 'cantrip-agent')
    noneIn(at('the support bundle'), await supportBundle(node), '"nodeName"')
    found.push(...(await filesWith(all, node, ['/var/log', '/var/lib/cantrip'])))
    found.push(...(await filesWith(new Map([...tokens, ...installer]), node, ['/etc', '/run', '/var/lib/kubelet'])))
  }
  assert.deepEqual(found, [])
  scene.say(`${all.size} secrets, ${watch.texts().size} arguments and environments`)
}

async function filesWith(secrets: Secrets, node: Node, places: readonly string[]): Promise<string[]> {
  const excluded = ['--exclude-dir=bundle', '--exclude-dir=netns', '--exclude-dir=rootfs', '--devices=skip']
  // Not as arguments, which the scan of the processes would find.
  const stdin = [...secrets.values()].flat().join('\n')
  const found = await exec(node, ['grep', '-rlF', ...excluded, '-f', '/dev/stdin', ...places], {
    stdin,
    timeoutMs: 60_000,
  })
  return found.stdout
    .split('\n')
    .filter(Boolean)
    .map((path) => `a secret in ${path} of ${node.name}`)
}

/** Bootstrap tokens. kubeadm's certificate key does not exist, because no joining master uses one. */
async function joinTokens(master: Node): Promise<Secrets> {
  const secret = (...argv: string[]) => kubectl(master, '-n', 'kube-system', 'get', 'secrets', ...argv, '-o', 'json')
  assert.match((await secret('kubeadm-certs')).stderr, /NotFound/)
  const { stdout } = await secret('--field-selector', 'type=bootstrap.kubernetes.io/token')
  const { items } = JSON.parse(stdout) as { items: { data: Record<string, string> }[] }
  const tokens = items.map(({ data }) => Buffer.from(data['token-secret'] ?? '', 'base64').toString())
  assert(tokens.length > 0 && tokens.every((token) => token.length === 16), 'the tokens are known')
  return new Map(tokens.map((token, at) => [`bootstrap token ${at}`, [token]]))
}

function installerSecrets({ directory }: Site, cluster: string): Secrets {
  const read = (name: string) => readFileSync(join(directory, cluster, name), 'utf8')
  const passphrase = read(`${cluster}-passphrase.txt`).trim()
  const [encrypted = ''] =
    /-----BEGIN ENCRYPTED PRIVATE KEY-----.*?-----END ENCRYPTED PRIVATE KEY-----\n/s.exec(read(`${cluster}.pem`)) ?? []
  const key = keyToPem(decryptKey(encrypted, passphrase))
  return new Map([
    ["the installer's passphrase", [passphrase]],
    ["the installer's key", formsOfKeys(key)],
  ])
}

/** The keys of the controller, the nodes, etcd and Kubernetes. */
async function keysOf({ directory }: Site, nodes: readonly Node[]): Promise<Secrets> {
  const data = (name: string) => readFileSync(join(directory, 'data', name), 'utf8')
  const secrets: Secrets = new Map([
    ["the administrator's key", formsOfKeys(JSON.parse(data('admin.json')).key)],
    ["the CA's key", formsOfKeys(data('pki/ca.key'))],
    ['the instruction key', formsOfKeys(data('pki/instruction.key'))],
  ])
  for (const node of nodes) {
    const find = ['find', '/etc/etcd', '/etc/kubernetes', '/var/lib/kubelet/pki', '/etc/cantrip', '-type', 'f']
    const names = ['(', '-name', '*.key', '-o', '-name', '*.pem', '-o', '-name', '*.conf', ')']
    const { stdout } = await exec(node, [...find, ...names])
    for (const path of stdout.trim().split('\n')) {
      const forms = formsOfKeys(await execOk(node, ['cat', path]))
      if (forms.length > 0) secrets.set(`${path} of ${node.name}`, forms)
    }
  }
  const names = [...secrets.keys()].join('\n')
  for (const known of ['/etc/etcd/pki/server.key', '/etc/kubernetes/admin.conf', '/etc/cantrip/node.pem']) {
    assert(names.includes(known), `${known} has a key`)
  }
  return secrets
}

/** Lines of private keys that no other key has, and keys within a kubeconfig. */
function formsOfKeys(text: string): string[] {
  const pem = text.matchAll(/-----BEGIN [A-Z ]*PRIVATE KEY-----\n(.*?)\n-----END/gs)
  // The first of several lines begins with the type of the key.
  const lines = [...pem].map(([, body = '']) => body.split('\n')).map((body) => body[1] ?? body[0] ?? '')
  return [...lines, ...[...text.matchAll(/client-key-data: (\S+)/g)].map(([, data = '']) => data)]
}

/** As it is, as in a URL, and as in the header of a request. */
function proxyForms(): string[] {
  const header = Buffer.from(`bob:${AGENT_PASSWORD}`).toString('base64')
  return [AGENT_PASSWORD, encodeURIComponent(AGENT_PASSWORD), header]
}

function databaseOf({ directory }: Site): string {
  const files = ['controller.db', 'controller.db-wal'].map((name) => join(directory, 'data', name))
  return files.map((file) => (existsSync(file) ? readFileSync(file, 'latin1') : '')).join('')
}

async function backupOf({ directory, admin }: Site): Promise<{ content: string; passphrase: string }> {
  const passphrase = 'correct-horse-battery'
  const [file, passphraseFile] = ['factory.backup', 'backup-passphrase'].map((name) => join(directory, name)) as [
    string,
    string,
  ]
  writeFileSync(passphraseFile, passphrase, { mode: 0o600 })
  await admin('backup', file, '--data', join(directory, 'data'), '--passphrase-file', passphraseFile)
  return { content: readFileSync(file, 'latin1'), passphrase }
}

async function supportBundle(node: Node): Promise<string> {
  await execOk(node, ['rm', '-f', '/root/support.tar.gz'])
  await execOk(node, ['/root/agent', 'support-bundle', '--output', '/root/support.tar.gz'])
  return execOk(node, ['tar', '--extract', '--to-stdout', '--file', '/root/support.tar.gz'])
}
