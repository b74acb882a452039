import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { ETCD_CONFIGURATION, KUBERNETES } from '../../base/kubernetes-paths.ts'
import type { Host, HostView } from '../../host/host.ts'
import { isFresh } from '../../provision/certificates/life.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { ETCD_CLIENT, ETCD_PKI, KUBERNETES_PKI } from '../../provision/paths.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

const CA = { certificate: `${ETCD_PKI}/ca.crt`, key: `${ETCD_PKI}/ca.key` }
const CA_DAYS = 3650
/** As in kubeadm. */
const LEAF_DAYS = 365
const DAY_MS = 86_400_000

interface Leaf {
  certificate: string
  key: string
  commonName: string
  usages: ('clientAuth' | 'serverAuth')[]
  /** Contains the names and addresses of the node. */
  named: boolean
}

/** etcd's gRPC gateway is a client of its own server, and a peer is client and server. */
const BOTH_ENDS: Leaf['usages'] = ['serverAuth', 'clientAuth']

function leaves(params: ProvisionParams): Leaf[] {
  const name = params.node.name
  const own = (file: string) => ({ certificate: `${ETCD_PKI}/${file}.crt`, key: `${ETCD_PKI}/${file}.key` })
  return [
    { ...own('server'), commonName: name, usages: BOTH_ENDS, named: true },
    { ...own('peer'), commonName: name, usages: BOTH_ENDS, named: true },
    { ...ETCD_CLIENT, commonName: 'kube-apiserver-etcd-client', usages: ['clientAuth'], named: false },
  ]
}

export const issueCertificates: ProvisionStep = {
  id: 'etcd/issue-certificates',
  title: 'Issuing certificates of etcd',
  async isDone(host, params) {
    const ca = await readPair(host, CA)
    if (ca === undefined || (await host.read(ETCD_CLIENT.ca)) !== ca.pem) return false
    const pairs = await Promise.all(leaves(params).map((leaf) => isIssued(host, leaf, ca, params)))
    return pairs.every(Boolean)
  },
  async apply(host, params) {
    await host.makeDirectory(ETCD_CONFIGURATION, 0o700)
    await host.makeDirectory(ETCD_PKI, 0o700)
    await host.makeDirectory(KUBERNETES)
    await host.makeDirectory(KUBERNETES_PKI)
    await host.makeDirectory(`${KUBERNETES_PKI}/etcd`)
    const ca = (await readPair(host, CA)) ?? (await createAuthority(host))
    await host.write(ETCD_CLIENT.ca, ca.pem)
    for (const leaf of leaves(params)) {
      if (!(await isIssued(host, leaf, ca, params))) await issue(host, leaf, ca, params)
    }
  },
}

interface Pair {
  pem: string
  certificate: X509Certificate
  key: KeyObject
}

/** Writes the key first, so that there is never a trusted certificate without its key. */
async function createAuthority(host: Host): Promise<Pair> {
  const { createCa } = await import('../../pki/certificate.ts')
  const { keyToPem } = await import('../../pki/key.ts')
  const created = createCa({ commonName: 'etcd-ca', days: CA_DAYS, now: host.now() })
  await host.write(CA.key, keyToPem(created.key), 0o600)
  await host.write(CA.certificate, created.certificate)
  return { pem: created.certificate, certificate: new X509Certificate(created.certificate), key: created.key }
}

async function issue(host: Host, leaf: Leaf, ca: Pair, params: ProvisionParams): Promise<void> {
  const { issueCertificate } = await import('../../pki/certificate.ts')
  const { createKeyPair, keyToPem } = await import('../../pki/key.ts')
  const { privateKey, publicKey } = createKeyPair()
  const notBefore = ca.certificate.validFromDate
  const certificate = issueCertificate({
    ca: { certificate: ca.pem, key: ca.key },
    publicKey,
    commonName: leaf.commonName,
    usages: leaf.usages,
    // As in kubeadm's kubeconfigs: one that was issued while the clock was in the future is valid at once when it is right again.
    notBefore,
    days: LEAF_DAYS + (host.now().getTime() - notBefore.getTime()) / DAY_MS,
    ...(leaf.named && {
      dnsNames: ['localhost', params.node.name],
      ipAddresses: ['127.0.0.1', '::1', params.node.address],
    }),
  })
  await host.write(leaf.key, keyToPem(privateKey), 0o600)
  await host.write(leaf.certificate, certificate)
}

async function isIssued(host: HostView, leaf: Leaf, ca: Pair, params: ProvisionParams): Promise<boolean> {
  const pair = await readPair(host, leaf)
  if (pair === undefined || !pair.certificate.verify(ca.certificate.publicKey)) return false
  if (!isFresh(pair.certificate, host.now())) return false
  return !leaf.named || pair.certificate.checkIP(params.node.address) !== undefined
}

/** A certificate and its key; undefined if one is missing or they do not match. */
async function readPair(host: HostView, where: { certificate: string; key: string }): Promise<Pair | undefined> {
  const [pem, keyPem] = await Promise.all([host.read(where.certificate), host.read(where.key)])
  if (pem === undefined || keyPem === undefined) return undefined
  const certificate = new X509Certificate(pem)
  const key = createPrivateKey(keyPem)
  return certificate.checkPrivateKey(key) ? { pem, certificate, key } : undefined
}
