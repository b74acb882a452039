import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { issueCertificate, numberOf } from '../../../src/pki/certificate.ts'
import { readCertificate } from '../../../src/provision/certificates/certificates-of.ts'
import {
  agentCertificate,
  CERTIFICATE_PLACES,
  type CertificatePlace,
} from '../../../src/provision/certificates/places.ts'
import { OPERATOR_PKI } from '../../../src/provision/paths.ts'

const DAY_MS = 86_400_000
const CAS = ['/etc/kubernetes/pki/ca', '/etc/kubernetes/pki/front-proxy-ca', '/etc/etcd/pki/ca']
const USAGES = { '1.3.6.1.5.5.7.3.1': 'serverAuth', '1.3.6.1.5.5.7.3.2': 'clientAuth' } as const

/** Those that the controller signs. */
const LINKS: readonly Pick<CertificatePlace, 'name' | 'path'>[] = [
  agentCertificate('/etc/cantrip/node.pem'),
  { name: 'operator', path: `${OPERATOR_PKI}/tls.crt` },
]

export interface Authority {
  certificate: string
  key: KeyObject
}

/** The CAs whose keys are on the disk of a node. @param root the node's file system */
export function authoritiesOn(root: string): Authority[] {
  return CAS.flatMap((path) => authorityAt(join(root, path)))
}

/** @param data the directory of the controller */
export const controllerAuthority = (data: string) => authorityAt(join(data, 'pki/ca'))

function authorityAt(path: string): Authority[] {
  const [certificate, key] = ['crt', 'key'].map((ending) => textOf(`${path}.${ending}`))
  return certificate !== undefined && key !== undefined ? [{ certificate, key: createPrivateKey(key) }] : []
}

/**
 * Replaces each certificate on the disk of a node that was switched off by one that differs only in its dates: its year was over
 * 35 days ago. Returns the names. @param root the node's file system
 */
export function expireCertificates(root: string, authorities: readonly Authority[], now: Date): string[] {
  return [...CERTIFICATE_PLACES, ...LINKS].flatMap(({ name, path }) => {
    const file = join(root, linkIn(root, path))
    const text = textOf(file)
    const certificate = readCertificate(text)
    const ca =
      certificate && authorities.find((each) => certificate.verify(new X509Certificate(each.certificate).publicKey))
    if (text === undefined || !certificate || !ca || certificate.ca) return []
    const pem = reissue(certificate, ca, since(now))
    const encoded = /(client-certificate-data: )\S+/
    const isKubeconfig = encoded.test(text)
    const base64 = Buffer.from(pem).toString('base64')
    writeFileSync(file, isKubeconfig ? text.replace(encoded, `$1${base64}`) : text.replace(certificate.toString(), pem))
    return [name]
  })
}

/** The same for one in PEM, for example in a secret of the cluster. */
export function expired(pem: string, [ca]: readonly Authority[], now: Date): string {
  if (!ca) throw new Error('there is no CA')
  return reissue(new X509Certificate(pem), ca, since(now))
}

const since = (now: Date) => new Date(now.getTime() - 400 * DAY_MS)

/**
 * The same for what the controller, which is stopped, has itself: admin.json, and what its database says of the operators' certificates.
 * Its server certificate is only in memory. @param data the directory of the controller
 */
export function expireController(data: string, now: Date): void {
  const file = join(data, 'admin.json')
  const access = JSON.parse(readFileSync(file, 'utf8')) as { certificate: string }
  const certificate = expired(access.certificate, controllerAuthority(data), now)
  writeFileSync(file, JSON.stringify({ ...access, certificate }))
  const database = new DatabaseSync(join(data, 'controller.db'))
  database.prepare('UPDATE clusters SET operator_since = ?').run(since(now).toISOString())
  database.close()
}

function reissue(certificate: X509Certificate, ca: Authority, notBefore: Date): string {
  const field = (name: string) => new RegExp(`^${name}=(.+)$`, 'm').exec(certificate.subject)?.[1]
  const names = (certificate.subjectAltName ?? '').split(', ').map((each) => each.split(':'))
  const organization = field('O')
  return issueCertificate({
    ca,
    publicKey: certificate.publicKey,
    commonName: field('CN') ?? '',
    ...(organization !== undefined && { organization }),
    usages: (certificate.keyUsage ?? []).flatMap((id) => (id in USAGES ? [USAGES[id as keyof typeof USAGES]] : [])),
    dnsNames: names.flatMap(([kind, value = '']) => (kind === 'DNS' ? [value] : [])),
    ipAddresses: names.flatMap(([kind, ...value]) => (kind === 'IP Address' ? [value.join(':')] : [])),
    notBefore,
    days: 365,
    number: numberOf(certificate) || undefined,
  })
}

/** The kubelet's current certificate is a link to an absolute path of the node. */
function linkIn(root: string, path: string): string {
  try {
    return readlinkSync(join(root, path))
  } catch {
    return path
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
