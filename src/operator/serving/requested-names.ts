import { ipv6FromBytes } from '../../base/net/address.ts'
import { children, expectTag, readDer, readOid, Tag, type Tlv } from '../../pki/der-reader.ts'
import { readOnePem } from '../../pki/pem.ts'

/** What a certificate request asks for. */
export interface Requested {
  /** The parts of the subject in their order, e.g. `['CN', 'system:node:n1']`; a part that is not known has its OID. */
  subject: [string, string][]
  dnsNames: string[]
  ipAddresses: string[]
  /** What else it asks for: other kinds of names, and other extensions, by OID. */
  others: string[]
}

const PARTS: Readonly<Record<string, string>> = { '2.5.4.3': 'CN', '2.5.4.10': 'O' }
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14'
const SUBJECT_ALT_NAME = '2.5.29.17'
/** RFC 5280, GeneralName. */
const Name = { email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 } as const

/** Reads PKCS#10 in PEM, with any key; the signature is not verified. Throws if the request is malformed. */
export function requestedNames(pem: string): Requested {
  const [info] = children(readDer(readOnePem(pem, 'CERTIFICATE REQUEST'), Tag.sequence).content)
  const [, subject, , ...attributes] = children(expectTag(info, Tag.sequence).content)
  const wanted: Requested = { subject: subjectIn(subject), dnsNames: [], ipAddresses: [], others: [] }
  for (const attribute of attributes.flatMap(({ content }) => children(content))) readAttribute(attribute, wanted)
  return wanted
}

function subjectIn(subject: Tlv | undefined): Requested['subject'] {
  return children(expectTag(subject, Tag.sequence).content).flatMap((part) =>
    children(expectTag(part, Tag.set).content).map((attribute): [string, string] => {
      const [type, value] = children(expectTag(attribute, Tag.sequence).content)
      const id = readOid(type)
      return [PARTS[id] ?? id, value?.content.toString('utf8') ?? '']
    }),
  )
}

function readAttribute(attribute: Tlv, wanted: Requested): void {
  const [type, values] = children(expectTag(attribute, Tag.sequence).content)
  const id = readOid(type)
  if (id !== EXTENSION_REQUEST) {
    wanted.others.push(id)
    return
  }
  for (const list of children(expectTag(values, Tag.set).content))
    for (const extension of children(expectTag(list, Tag.sequence).content)) {
      const fields = children(expectTag(extension, Tag.sequence).content)
      const name = readOid(fields[0])
      if (name === SUBJECT_ALT_NAME) readNames(expectTag(fields.at(-1), Tag.octetString).content, wanted)
      else wanted.others.push(name)
    }
}

function readNames(der: Buffer, wanted: Requested): void {
  for (const { tag, content } of children(readDer(der, Tag.sequence).content)) {
    if (tag === Name.dns) wanted.dnsNames.push(content.toString('latin1'))
    else if (tag === Name.ip && (content.length === 4 || content.length === 16))
      wanted.ipAddresses.push(content.length === 4 ? content.join('.') : ipv6FromBytes(content))
    else wanted.others.push(tag === Name.email ? 'an e-mail address' : tag === Name.uri ? 'a URI' : `name ${tag}`)
  }
}
