import { isSameAddress } from '../../base/net/address.ts'
import { errorMessage } from '../../base/text/error-message.ts'
import { printable } from '../../base/text/printable.ts'
import { shorten } from '../../base/text/shorten.ts'
import { type Requested, requestedNames } from './requested-names.ts'

export const SIGNER = 'kubernetes.io/kubelet-serving'
const USER = 'system:node:'
const GROUP = 'system:nodes'
/** Key encipherment is for RSA keys. */
const USAGES = ['digital signature', 'key encipherment', 'server auth']
const NEEDED = ['digital signature', 'server auth']

/** A CertificateSigningRequest that is neither approved nor denied. The API server sets who requested it. */
export interface PendingRequest {
  name: string
  signerName: string
  username: string
  groups: readonly string[]
  usages: readonly string[]
  /** PEM. */
  request: string
}

/**
 * Why a request of a kubelet for its serving certificate cannot be approved; undefined if it can. What the Node object says of its
 * names and addresses is no evidence, because the kubelet writes it. @param addressOf the address of the node with this name, as
 * the controller knows it
 */
export function whyNot(pending: PendingRequest, addressOf: (name: string) => string | undefined): string | undefined {
  const { signerName, username, groups, usages } = pending
  if (signerName !== SIGNER) return `it is for the signer ${text(signerName)}`
  if (!username.startsWith(USER) || !groups.includes(GROUP)) return `it is of ${text(username)}, which is not a node`
  const usage = usages.find((each) => !USAGES.includes(each))
  if (usage !== undefined) return `it asks for the usage ${text(usage)}`
  if (NEEDED.some((each) => !usages.includes(each))) return `it does not ask for the usages ${NEEDED.join(' and ')}`
  const name = username.slice(USER.length)
  const address = addressOf(name)
  if (address === undefined) return `the controller knows no node ${text(name)} in this cluster`
  try {
    return whyNotNames(requestedNames(pending.request), { username, name, address })
  } catch (error) {
    return `it cannot be read: ${errorMessage(error)}`
  }
}

function whyNotNames(
  { subject, dnsNames, ipAddresses, others }: Requested,
  { username, name, address }: { username: string; name: string; address: string },
): string | undefined {
  const wanted = [`CN=${username}`, `O=${GROUP}`].sort().join(', ')
  const found = subject.map((part) => part.join('='))
  if (found.sort().join(', ') !== wanted) return `its subject is ${text(found.join(', '))}`
  const [other] = others
  if (other !== undefined) return `it asks for ${text(other)}`
  const foreign = dnsNames.find((each) => each !== name) ?? ipAddresses.find((each) => !isSameAddress(each, address))
  if (foreign !== undefined) return `${text(foreign)} is not a name or address of ${name}, which has ${address}`
  return dnsNames.length + ipAddresses.length === 0 ? 'it has no name or address' : undefined
}

const text = (found: string) => shorten(printable(found), 100)
