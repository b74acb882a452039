import type { ClusterCertificate } from '../../../protocol/api/clusters.ts'
import { certificatesOfNode } from '../certificates/certificates.ts'
import type { Node } from '../records.ts'
import type { Found } from './found-problem.ts'

/** Certificates of a node that have expired, or soon will: their renewal, which was due long before, has failed. */
export function expiringCertificates(node: Node, now: Date): Found[] {
  const { name } = node
  const all = certificatesOfNode(node, now).filter(isChecked)
  const problem = (state: ClusterCertificate['state'], code: string, what: string): Found[] => {
    const found = all.filter((each) => each.state === state)
    const text = found.map((each) => `${each.name} (${each.notAfter.slice(0, 10)})`).join(', ')
    const message = `certificates of node ${name} ${what}: ${text}`
    return found.length === 0 ? [] : [{ code, subject: name, node: name, message, seenBy: 'controller' }]
  }
  return [
    ...problem('expired', 'certificate/expired', 'have expired'),
    ...problem('urgent', 'certificate/expires-soon', 'expire soon and were not renewed'),
  ]
}

/** The API server does not check the one that a kubelet signs for itself. */
const isChecked = ({ owner, renewedBy }: ClusterCertificate) => owner !== 'kubelet' || renewedBy !== 'nobody'
