import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, globSync, mkdtempSync, openSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type InCluster, isApiReady } from '../../../src/operator/in-cluster.ts'
import { createCa, issueCertificate } from '../../../src/pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../../src/pki/key.ts'
import { cacheDirectory } from '../testbed/bed.ts'
import { waitFor } from '../wait-for.ts'

/** What starts pods, or changes the replicas of what has none, is left out: there are no nodes. */
const CONTROLLERS = [
  ...['*', '-deployment-controller', '-replicaset-controller', '-horizontal-pod-autoscaler-controller'],
  ...['-node-ipam-controller', '-node-lifecycle-controller', '-service-lb-controller'],
]

export interface ControlPlane {
  /** With the rights of an administrator. */
  cluster: InCluster
  stop(): Promise<void>
}

/** Starts etcd, an API server and a controller manager of this version on loopback. They were built for a bundle before. */
export async function startControlPlane(kubernetesVersion: string): Promise<ControlPlane> {
  const directory = mkdtempSync(join(tmpdir(), 'control-plane-'))
  const [api, etcd, peers] = [await freePort(), await freePort(), await freePort()]
  const at = (name: string) => join(directory, name)
  writeKeys(directory)
  writeFileSync(at('tokens.csv'), 'token,admin,1,"system:masters"')
  writeFileSync(at('kubeconfig'), kubeconfig(api, at('ca.crt')))
  const url = `http://127.0.0.1:${etcd}`
  const programs = [
    run(directory, program('etcd-v3.6.*-x64-*/etcd'), {
      ...{ 'data-dir': at('etcd'), 'listen-client-urls': url, 'advertise-client-urls': url },
      ...{ 'listen-peer-urls': `http://127.0.0.1:${peers}`, 'unsafe-no-fsync': 'true' },
    }),
    run(directory, program(`kubernetes-${kubernetesVersion}-x64-*/kube-apiserver`), {
      ...{
        'etcd-servers': url,
        'bind-address': '127.0.0.1',
        'secure-port': `${api}`,
        'endpoint-reconciler-type': 'none',
      },
      ...{ 'tls-cert-file': at('tls.crt'), 'tls-private-key-file': at('tls.key'), 'token-auth-file': at('tokens.csv') },
      ...{ 'service-account-issuer': 'https://local', 'service-account-key-file': at('sa.key') },
      ...{ 'service-account-signing-key-file': at('sa.key'), 'service-cluster-ip-range': '10.99.0.0/24' },
      ...{ 'authorization-mode': 'RBAC' },
    }),
  ]
  const stop = async () => {
    await Promise.all(programs.map(ended))
    await rm(directory, { recursive: true, force: true })
  }
  const cluster = { host: '127.0.0.1', port: api, serviceAccountDirectory: directory }
  const signal = new AbortController().signal
  try {
    await waitFor('the API server is ready', () => isApiReady(cluster, signal).catch(() => false), {
      withinMs: 120_000,
    })
    const settings = { kubeconfig: at('kubeconfig'), 'root-ca-file': at('ca.crt'), controllers: CONTROLLERS.join(',') }
    const others = { 'service-account-private-key-file': at('sa.key'), 'leader-elect': 'false', 'secure-port': '0' }
    const manager = program(`kubernetes-${kubernetesVersion}-x64-*/kube-controller-manager`)
    programs.push(run(directory, manager, { ...settings, ...others }))
    return { cluster, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function writeKeys(directory: string): void {
  const now = new Date()
  const ca = createCa({ commonName: 'local', days: 1, now })
  const { publicKey, privateKey } = createKeyPair()
  const order = { ca, publicKey, commonName: 'local', ipAddresses: ['127.0.0.1'], usages: ['serverAuth'] as const }
  const files = {
    ...{ 'ca.crt': ca.certificate, 'tls.key': keyToPem(privateKey), 'sa.key': rsaKey() },
    ...{ 'tls.crt': issueCertificate({ ...order, notBefore: now, days: 1 }), token: 'token' },
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text, { mode: 0o600 })
}

/** The API server signs tokens with RSA or ECDSA. */
const rsaKey = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey

function kubeconfig(port: number, ca: string): string {
  return JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'x' },
    clusters: [{ name: 'x', cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority': ca } }],
    users: [{ name: 'x', user: { token: 'token' } }],
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
  })
}

function program(pattern: string): string {
  const found = globSync(join(cacheDirectory(), pattern)).sort().at(-1)
  if (found === undefined)
    throw new Error(`${pattern} is not in the cache: build a bundle first, for example with scripts/test e2e`)
  return found
}

function run(directory: string, file: string, flags: Record<string, string>): ChildProcess {
  const log = openSync(join(directory, `${file.split('/').at(-1)}.log`), 'w')
  const argv = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
  const child = spawn(file, argv, { stdio: ['ignore', log, log] })
  closeSync(log)
  return child
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
