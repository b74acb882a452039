import { X509Certificate } from 'node:crypto'
import { numberOf } from '../../pki/certificate.ts'
import type { Enrolment } from '../domain/records.ts'

type Issued = Pick<Enrolment, 'certificate' | 'next'>

const issuedIn = ({ certificate, next }: Issued) =>
  [certificate, next?.certificate].flatMap((each) => (typeof each === 'string' ? [new X509Certificate(each)] : []))

/** Of the next certificate of this node. The clock of the controller may be set back; these numbers grow. */
export function nextNumber(known: Issued): number {
  return 1 + Math.max(0, ...issuedIn(known).map(numberOf))
}

/** Whether the CA issued this certificate after all that the store knows of the node. Nobody else can write its number or its time. */
export function isLater(presented: X509Certificate, known: Issued): boolean {
  const number = numberOf(presented)
  return issuedIn(known).every((each) => {
    // Of an earlier build.
    const isUnnumbered = number === 0 && numberOf(each) === 0
    return isUnnumbered ? presented.validFromDate > each.validFromDate : number > numberOf(each)
  })
}
